// Chromium as a new person has it: fresh, on this machine only. Whatever a page does wrong by
// itself is written down: errors in the console (a broken content policy is one), errors of
// scripts, requests that leave the server, and answers that are errors of the server.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const PROGRAM = process.env.FLOWSTEAD_TEST_CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
// Longer than anything should take on a busy machine; then a step fails instead of hanging.
export const PATIENCE_MS = 15_000;
export const SIZE = { width: 1440, height: 900 };

export class Browser {
  #chromium;
  #base;
  #complaints = [];
  #expected = [];

  static async start(base) {
    const browser = new Browser();
    browser.#base = base;
    browser.#chromium = await chromium.launch({ executablePath: PROGRAM, args: FLAGS });
    return browser;
  }

  // A person at a machine of their own: nothing is shared with anybody else.
  async person({ scripts = true } = {}) {
    const options = { baseURL: this.#base, viewport: SIZE, javaScriptEnabled: scripts };
    const context = await this.#chromium.newContext({ ...options, reducedMotion: "reduce" });
    context.setDefaultTimeout(PATIENCE_MS);
    context.on("request", (request) => this.#checkAddress(request.url()));
    context.on("response", (response) => {
      if (response.status() >= 500) this.#complain(`${response.status()} of ${response.url()}`);
    });
    context.on("console", (message) => {
      const place = message.location().url || message.page()?.url();
      if (message.type() === "error") this.#complain(`console: ${message.text()} at ${place}`);
    });
    context.on("weberror", ({ error }) => this.#complain(`script: ${error().stack ?? error()}`));
    const page = await context.newPage();
    page.has_scripts = scripts;
    return page;
  }

  // Complaints with these words are what a step wants, such as the log entry of a 404.
  expect(...words) {
    this.#expected.push(...words);
  }

  // What everybody saw when it failed, for whoever looks for the cause.
  async keepPictures() {
    const pages = this.#chromium.contexts().flatMap((context) => context.pages());
    for (const [at, page] of pages.entries()) {
      const path = fileURLToPath(new URL(`../output/failed-${at + 1}.png`, import.meta.url));
      console.error(`${page.url()}: see ${path}`);
      await page.screenshot({ path, fullPage: true });
    }
    if (this.#complaints.length > 0) console.error(this.#complaints.join("\n"));
  }

  async stop() {
    await this.#chromium.close();
    assert.deepEqual(this.#complaints, [], "the pages did something wrong by themselves");
  }

  #checkAddress(url) {
    const isOwn = url.startsWith(`${this.#base}/`) || url.startsWith("data:");
    if (!isOwn) this.#complain(`a request to ${url}`);
  }

  #complain(text) {
    if (!this.#expected.some((words) => text.includes(words))) this.#complaints.push(text);
  }
}

// Runs the steps with a browser; ends the process badly, with a picture, when one fails.
export async function run(base, steps) {
  const browser = await Browser.start(base);
  try {
    await steps(browser);
  } catch (error) {
    console.error(error.stack);
    await browser.keepPictures();
    process.exit(1);
  }
  await browser.stop();
}

// Waits until an element is there: by itself with scripts, by loading the page again without.
export async function until(page, locator) {
  if (page.has_scripts) return locator.first().waitFor();
  const end = Date.now() + PATIENCE_MS;
  while (!(await locator.first().isVisible())) {
    assert.ok(Date.now() < end, `${locator} does not appear on ${page.url()}`);
    await page.reload();
  }
}

// The same for what never comes by itself, such as results of a search.
export async function untilLoaded(page, locator) {
  const end = Date.now() + PATIENCE_MS;
  while (!(await locator.first().isVisible())) {
    assert.ok(Date.now() < end, `${locator} does not appear on ${page.url()}`);
    await page.reload();
  }
}
