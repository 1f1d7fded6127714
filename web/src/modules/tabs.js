// An instance opens on the tab that was used last in this browser tab.
const KEY = "instance-tab";

export function start() {
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
