// Keeps texts such as "5 min ago" true while a page stays open; the words are the server's.
const MINUTE_MS = 60_000;
const DAY_S = 86_400;

export function start() {
  setInterval(update, MINUTE_MS);
  document.addEventListener("visibilitychange", () => document.hidden || update());
}

function update() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const text = words((Date.parse(time.dateTime) - Date.now()) / 1_000);
    if (text && /^(in |just )| ago$/.test(time.textContent)) time.textContent = text;
  }
}

function words(seconds) {
  const distance = Math.abs(seconds);
  if (distance < 45) return "just now";
  if (distance > 30 * DAY_S) return "";
  const [amount, unit] = split(distance);
  return seconds < 0 ? `${amount} ${unit} ago` : `in ${amount} ${unit}`;
}

function split(seconds) {
  if (seconds < 3_570) return [Math.round(seconds / 60), "min"];
  if (seconds < 84_600) return [Math.round(seconds / 3_600), "h"];
  return [Math.round(seconds / DAY_S), "d"];
}
