// Pictures of a page as people see it: light and dark on a wide screen, and on a narrow one. What
// holds for every page is checked on the way.
import { mkdirSync } from "node:fs";
import { SIZE } from "./browser.mjs";
import { checkLook, checkStructure } from "./checks.mjs";

const MODES = [
  { name: "light", size: SIZE, colorScheme: "light" },
  { name: "dark", size: SIZE, colorScheme: "dark" },
  { name: "narrow", size: { width: 390, height: 844 }, colorScheme: "light" },
];

export class Album {
  #folder;
  #faults = [];

  constructor(folder) {
    mkdirSync(folder, { recursive: true });
    this.#folder = folder;
  }

  // `loadsAgain` is false for what a form answered, as loading it again would send the form.
  async take(page, name, { loadsAgain = true } = {}) {
    await this.#check(() => checkStructure(page, name));
    for (const mode of MODES) {
      await page.setViewportSize(mode.size);
      await page.emulateMedia({ colorScheme: mode.colorScheme, reducedMotion: "reduce" });
      // Scripts ask for the width once, when a page begins.
      if (mode.name === "narrow" && loadsAgain) await page.reload();
      await this.#check(() => checkLook(page, `${name} (${mode.name})`));
      await this.#shoot(page, mode.size, `${this.#folder}/${name}-${mode.name}.png`);
    }
    await page.setViewportSize(SIZE);
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  }

  // All pages are looked at before the first fault ends it.
  finish() {
    if (this.#faults.length > 0) throw new Error(this.#faults.join("\n"));
  }

  async #check(promise) {
    await promise().catch((error) => this.#faults.push(error.message));
  }

  // The screen is made as high as the page, as bars that stay in place would stand in its middle.
  async #shoot(page, { width, height }, path) {
    const needed = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.setViewportSize({ width, height: Math.max(height, needed) });
    await page.screenshot({ path });
  }
}
