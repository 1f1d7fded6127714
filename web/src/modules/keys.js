// Keyboard shortcuts. Never while a person types or holds a modifier.
const PLACES = { h: "/", i: "/inbox", p: "/processes", r: "/instances" };
const GO_MS = 1_000;
let goUntil = 0;

export function start() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (act(event)) event.preventDefault();
  });
}

function isTyping(target) {
  return target.isContentEditable || target.matches?.("input, textarea, select");
}

function act(event) {
  if (goUntil > event.timeStamp && PLACES[event.key]) return go(PLACES[event.key]);
  goUntil = 0;
  switch (event.key) {
    case "g":
      goUntil = event.timeStamp + GO_MS;
      return true;
    case "/":
      return focus(document.querySelector("[data-search]"));
    case "j":
      return focus(neighbour(1));
    case "k":
      return focus(neighbour(-1));
    case "c":
      return click(document.querySelector('[data-key="c"]'));
    case "?":
      return help();
    default:
      return false;
  }
}

function go(address) {
  location.assign(address);
  return true;
}

function focus(element) {
  element?.focus();
  return Boolean(element);
}

function click(element) {
  element?.click();
  return Boolean(element);
}

function help() {
  const dialog = document.getElementById("shortcuts");
  if (!dialog || dialog.open) return false;
  dialog.showModal();
  return true;
}

// The row before or after the focused one, else the selected one, else the first.
function neighbour(step) {
  const rows = [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent);
  const at = rows.indexOf(document.activeElement);
  if (at >= 0) return rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
  return rows.find((row) => row.ariaCurrent === "true") ?? rows[0];
}
