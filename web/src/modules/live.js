// The live connection: given back while the tab is hidden, and a refresh after every gap, so
// that a notice which came meanwhile is never lost. A refresh waits while a person is busy in
// its region, and keeps what they opened and chose there.
import "./library.js";

const HIDDEN_MS = 15_000;
const BUSY_MS = 1_500;
const BUSY = ":popover-open, details[name=menu][open], input:focus, textarea:focus, select:focus";
const KEPT = "details[id][open], input[type=checkbox][id]:checked";
let source;
let timer;
let kept = [];

// The server names the topic in the event's data; htmx listens to events by their name.
window.htmx.createEventSource = (url) => {
  source = new EventSource(url);
  source.addEventListener("change", ({ data }) => source.dispatchEvent(new MessageEvent(data)));
  return source;
};

// A browser keeps few connections to one server: neither a hidden tab nor a page kept for the
// back button may use them up.
document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (document.hidden) timer = setTimeout(close, HIDDEN_MS);
  else reopen();
});
addEventListener("pagehide", close);
addEventListener("pageshow", reopen);

function close() {
  source?.close();
}

// The extension opens a closed connection again when it reports an error.
function reopen() {
  if (source?.readyState === EventSource.CLOSED) source.onerror(new Event("error"));
}

// What changed after the server wrote the page and before it listened here was told to nobody.
document.addEventListener("htmx:sseOpen", () => {
  document.querySelectorAll('[hx-trigger^="sse:"]').forEach(refresh);
});

function refresh(region) {
  window.htmx.trigger(region, region.getAttribute("hx-trigger").split(/[ ,]/)[0]);
}

// The region and the others that its answer replaces.
function replaced(region) {
  const others = document.querySelectorAll(region.getAttribute("hx-select-oob"));
  return [region, ...others];
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const region = event.detail.elt;
  if (!region.matches('[hx-trigger^="sse:"]')) return;
  if (!replaced(region).some((element) => element.querySelector(BUSY))) return;
  event.preventDefault();
  clearTimeout(region.dataset.waiting);
  region.dataset.waiting = setTimeout(() => region.isConnected && refresh(region), BUSY_MS);
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const region = event.detail.requestConfig?.elt;
  const regions = region?.matches('[hx-trigger^="sse:"]') ? replaced(region) : [];
  kept = regions.flatMap((element) => [...element.querySelectorAll(KEPT)]).map(({ id }) => id);
});

document.addEventListener("htmx:afterSettle", () => {
  for (const element of kept.map((id) => document.getElementById(id))) {
    if (element?.matches("details")) element.open = true;
    else if (element) element.checked = true;
  }
  kept = [];
});
