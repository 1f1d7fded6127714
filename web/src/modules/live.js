// The live connection: given back while the tab is hidden, and a refresh after every gap, so
// that a notice which came meanwhile is never lost. A refresh waits while a person is busy in
// its region, and keeps what they opened and chose there.
import "./library.js";

const HIDDEN_MS = 15_000;
const BUSY_MS = 1_500;
const BUSY = ":popover-open, details[name=menu][open], input:focus, textarea:focus, select:focus";
const KEPT = "details[id][open], input[type=checkbox][id]:checked";
const changed = new Map();
const asked = new Map();
let changes = 0;
let source;
let timer;
let kept = [];

// Every change is counted under its topic, since a region hears nothing while it is replaced.
window.htmx.createEventSource = (url) => {
  source = new EventSource(url);
  for (const topic of new URL(url, location.href).searchParams.get("topics").split(",")) {
    source.addEventListener(topic, () => changed.set(topic, ++changes));
  }
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

// Whether something changed since the region was asked for the last time.
function isBehind(region) {
  const topics = region.getAttribute("hx-trigger").matchAll(/sse:([^ ,]+)/g);
  return [...topics].some(([, topic]) => changed.get(topic) > asked.get(region.id));
}

function refresh(region) {
  window.htmx.trigger(region, region.getAttribute("hx-trigger").split(/[ ,]/)[0]);
}

// The region and the others that its answer replaces.
function replaced(region) {
  const others = document.querySelectorAll(region.getAttribute("hx-select-oob"));
  return [region, ...others];
}

function isBusy(region) {
  return replaced(region).some((element) => element.querySelector(BUSY));
}

function refreshLater(region) {
  clearTimeout(region.dataset.waiting);
  region.dataset.waiting = setTimeout(() => region.isConnected && refresh(region), BUSY_MS);
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const region = event.detail.elt;
  if (!region.matches('[hx-trigger^="sse:"]')) return;
  if (!isBusy(region)) {
    asked.set(region.id, changes);
    return;
  }
  event.preventDefault();
  refreshLater(region);
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const region = event.detail.requestConfig?.elt;
  const isLive = region?.matches('[hx-trigger^="sse:"]');
  // Whoever began to type while the answer was on its way would lose the focus.
  if (isLive && isBusy(region)) {
    event.detail.shouldSwap = false;
    refreshLater(region);
    return;
  }
  const regions = isLive ? replaced(region) : [];
  kept = regions.flatMap((element) => [...element.querySelectorAll(KEPT)]).map(({ id }) => id);
});

document.addEventListener("htmx:afterSettle", () => {
  for (const element of kept.map((id) => document.getElementById(id))) {
    if (element?.matches("details")) element.open = true;
    else if (element) element.checked = true;
  }
  kept = [];
  [...document.querySelectorAll('[hx-trigger^="sse:"]')].filter(isBehind).forEach(refresh);
});
