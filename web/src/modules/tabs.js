// An instance opens on the tab that was used last in this browser tab. Where the tabs are wider
// than the screen, the current one is brought into view.
const KEY = "instance-tab";

export function start() {
  show();
  document.addEventListener("htmx:afterSettle", show);
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a");
    if (!link) return;
    if (link.dataset.tab && location.pathname.startsWith("/instances/")) {
      sessionStorage.setItem(KEY, link.dataset.tab);
    } else if (/^\/instances\/\d+$/.test(link.pathname) && !link.search) {
      const tab = sessionStorage.getItem(KEY);
      if (tab) link.search = `?tab=${tab}`;
    }
  });
}

function show() {
  for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
    const [bar, own] = [tab.parentElement, tab.getBoundingClientRect()];
    const around = bar.getBoundingClientRect();
    if (own.right > around.right - 36 || own.left < around.left) {
      bar.scrollLeft += own.left - around.left - (around.width - own.width) / 2;
    }
  }
}
