// Form previews: files stay here, and what is typed while the answer is on its way is kept.
// A button that was pressed once isn't pressed twice.
let typing = null;

export function start() {
  document.addEventListener("htmx:configRequest", withoutFiles);
  document.addEventListener("htmx:beforeSwap", remember);
  document.addEventListener("htmx:afterSettle", restore);
  document.addEventListener("submit", once);
  // A page that comes back from the browser's memory may be sent again.
  addEventListener("pageshow", release);
}

function withoutFiles(event) {
  const data = event.detail.formData;
  if (!event.detail.path.includes("?preview") || !data) return;
  const files = [...data.entries()].filter(([, value]) => value instanceof File);
  for (const [name] of files) data.delete(name);
}

function remember(event) {
  const field = document.activeElement;
  const isInside = field?.id && event.detail.target?.contains(field) && "value" in field;
  typing = isInside && field.matches("input:not([type=file], [type=checkbox], [type=radio]), textarea")
    ? { id: field.id, value: field.value }
    : null;
}

function restore() {
  const field = typing && document.getElementById(typing.id);
  if (field) field.value = typing.value;
  typing = null;
}

function once(event) {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "true";
}

function release() {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
}
