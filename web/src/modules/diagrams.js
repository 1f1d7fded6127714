// Diagrams zoom with buttons and Ctrl+wheel and are dragged with the mouse. The zoom is kept
// over live updates; without this module the frame simply scrolls.
const STEPS = { in: 1.25, out: 0.8 };
const LEAST = 0.25;
const MOST = 3;
let zoom = null;

export function start() {
  prepare();
  document.addEventListener("htmx:afterSettle", prepare);
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-zoom]");
    if (button) change(button.closest("[data-diagram]"), STEPS[button.dataset.zoom]);
  });
  document.addEventListener("wheel", wheel, { passive: false });
  document.addEventListener("pointerdown", pan);
}

function prepare() {
  for (const diagram of document.querySelectorAll("[data-diagram]")) {
    if (diagram.dataset.ready) continue;
    diagram.dataset.ready = "true";
    diagram.querySelector("[data-diagram-tools]").hidden = false;
    frame(diagram).classList.add("is-pannable");
    if (zoom === null) zoom = fitting(diagram);
    apply(diagram);
  }
}

function change(diagram, step) {
  zoom = step ? Math.min(Math.max(zoom * step, LEAST), MOST) : fitting(diagram);
  apply(diagram);
}

function apply(diagram) {
  const svg = picture(diagram);
  svg.style.width = `${svg.viewBox.baseVal.width * zoom}px`;
  svg.style.height = `${svg.viewBox.baseVal.height * zoom}px`;
}

// As large as the frame allows, but never enlarged and never too small to read.
function fitting(diagram) {
  const room = frame(diagram).clientWidth - 40;
  return Math.max(Math.min(room / picture(diagram).viewBox.baseVal.width, 1), 0.7);
}

function wheel(event) {
  const diagram = event.ctrlKey && event.target.closest?.("[data-diagram]");
  if (!diagram) return;
  event.preventDefault();
  change(diagram, event.deltaY < 0 ? STEPS.in : STEPS.out);
}

function pan(down) {
  const area = down.target.closest?.(".diagram-scroll");
  if (!area || down.button !== 0 || down.pointerType !== "mouse") return;
  const [left, top] = [area.scrollLeft + down.clientX, area.scrollTop + down.clientY];
  const move = (event) => area.scrollTo(left - event.clientX, top - event.clientY);
  const stop = () => {
    area.classList.remove("is-panning");
    document.removeEventListener("pointermove", move);
  };
  area.classList.add("is-panning");
  document.addEventListener("pointermove", move);
  document.addEventListener("pointerup", stop, { once: true });
}

function frame(diagram) {
  return diagram.querySelector(".diagram-scroll");
}

function picture(diagram) {
  return diagram.querySelector(".diagram-scroll > svg");
}
