// File pickers: a file may be dropped on their frame, and a hidden picker says what it holds.
export function start() {
  for (const type of ["dragenter", "dragover", "dragleave", "drop"]) {
    document.addEventListener(type, drag);
  }
  document.addEventListener("change", (event) => {
    const label = event.target.closest?.(".attach")?.querySelector("span");
    if (label) label.textContent = names(event.target.files) || "Attach files";
  });
}

function drag(event) {
  const frame = event.target.closest?.("[data-drop]");
  if (!frame || !event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  frame.classList.toggle("is-over", event.type === "dragenter" || event.type === "dragover");
  if (event.type === "drop") receive(frame.querySelector('input[type="file"]'), event.dataTransfer);
}

function receive(input, transfer) {
  if (input.disabled || transfer.files.length === 0) return;
  const accepted = new DataTransfer();
  const files = input.multiple ? [...transfer.files] : [transfer.files[0]];
  for (const file of files) accepted.items.add(file);
  input.files = accepted.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function names(files) {
  return [...files].map((file) => file.name).join(", ");
}
