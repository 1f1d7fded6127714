// The live connection: given back while the tab is hidden, and a refresh after every gap, so
// that a notice which came meanwhile is never lost.
import "./library.js";

const HIDDEN_MS = 15_000;
let source;
let wasOpen = false;
let timer;

window.htmx.createEventSource = (url) => {
  source = new EventSource(url);
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

document.addEventListener("htmx:sseOpen", () => {
  if (wasOpen) refresh();
  wasOpen = true;
});

function refresh() {
  for (const region of document.querySelectorAll('[hx-trigger^="sse:"]')) {
    window.htmx.trigger(region, region.getAttribute("hx-trigger").split(/[ ,]/)[0]);
  }
}
