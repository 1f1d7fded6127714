// Form previews: files stay here, and what is typed while the answer is on its way is kept.
// A form that was sent isn't sent twice.
const TEXT = "textarea, input:not([type=file], [type=checkbox], [type=radio])";
let typing = null;
let sent = new WeakSet();

export function start() {
  document.addEventListener("htmx:configRequest", withoutFiles);
  document.addEventListener("htmx:beforeSwap", remember);
  document.addEventListener("htmx:afterSettle", restore);
  document.addEventListener("submit", once);
  // A page that comes back from the browser's memory may be sent again.
  addEventListener("pageshow", () => (sent = new WeakSet()));
}

function withoutFiles(event) {
  const { formData, path } = event.detail;
  if (!formData || !path.endsWith("?preview")) return;
  const files = [...formData.entries()].filter(([, value]) => value instanceof File);
  for (const [name] of files) formData.delete(name);
}

function remember(event) {
  const field = document.activeElement;
  const isInside = field?.id && field.matches(TEXT) && event.detail.target?.contains(field);
  typing = isInside ? { id: field.id, value: field.value } : null;
}

function restore() {
  const field = typing && document.getElementById(typing.id);
  if (field) field.value = typing.value;
  typing = null;
}

function once(event) {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
  if (sent.has(form)) event.preventDefault();
  sent.add(form);
}
