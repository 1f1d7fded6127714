// Menus are details elements: one closes when a person clicks elsewhere or presses Escape.
export function start() {
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
