// Menus are details elements: one closes when a person clicks elsewhere or presses Escape.
// Those that stand open beside a list on wide screens begin closed above it on narrow ones.
const NARROW = "(max-width: 959px)";

export function start() {
  if (matchMedia(NARROW).matches) {
    for (const details of document.querySelectorAll("details[data-wide]")) details.open = false;
  }
  document.addEventListener("click", (event) => {
    for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of openMenus()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}

function openMenus() {
  return document.querySelectorAll('details[name="menu"][open]');
}
