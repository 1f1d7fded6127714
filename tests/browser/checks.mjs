// What holds for every page, whoever looks and however wide their screen is.
import assert from "node:assert/strict";

// Landmarks, one heading, names for everything that can be used, no identity given twice.
export async function checkStructure(page, name) {
  assert.match(await page.title(), /^\S.* · Flowstead$/, `${name} has a title`);
  assert.equal(await page.locator("h1").count(), 1, `${name} has one h1`);
  assert.equal(await page.locator("main").count(), 1, `${name} has one main landmark`);
  assert.equal(await page.locator("html[lang=en]").count(), 1, `${name} says its language`);
  assert.equal(await page.locator("a.skip-link[href='#main']").count(), 1, `${name} can be skipped`);
  assert.deepEqual(await page.evaluate(faults), [], `${name} can be used by everybody`);
}

function faults() {
  const found = [];
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true });
  const name = (element) =>
    element.getAttribute("aria-label") ||
    document.getElementById(element.getAttribute("aria-labelledby"))?.textContent ||
    [...(element.labels ?? [])].map((label) => label.textContent).join(" ") ||
    element.textContent;
  for (const element of document.querySelectorAll("a, button, summary, input, select, textarea")) {
    const isReached = isShown(element) && !element.closest("[type=hidden], [aria-hidden=true]");
    if (isReached && !name(element).trim()) found.push(`no name: ${element.outerHTML.slice(0, 120)}`);
  }
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) {
    found.push(`id given twice: ${id}`);
  }
  for (const element of document.querySelectorAll("[aria-labelledby], [aria-describedby]")) {
    for (const attribute of ["aria-labelledby", "aria-describedby"]) {
      const id = element.getAttribute(attribute);
      if (id && !document.getElementById(id)) found.push(`${attribute} names no element: ${id}`);
    }
  }
  const level = ({ tagName }) => Number(tagName[1]);
  const headings = [...document.querySelectorAll("main :is(h1, h2, h3, h4)")].filter(isShown);
  for (const [at, heading] of headings.entries()) {
    const above = at > 0 ? level(headings[at - 1]) : 1;
    if (level(heading) > above + 1) found.push(`heading skips a level: ${heading.textContent}`);
  }
  return found;
}

// Nothing is cut off at the side, and every text stands out from what is behind it as WCAG 2.2
// AA wants it: 4.5 to 1, large text 3 to 1.
export async function checkLook(page, name) {
  assert.deepEqual(await page.evaluate(tooWide), [], `${name} fits its width`);
  assert.deepEqual(await page.evaluate(tooPale), [], `${name} can be read`);
}

function tooWide() {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const isHeld = (element) => {
    for (let it = element.parentElement; it; it = it.parentElement) {
      if (getComputedStyle(it).overflowX !== "visible") return true;
    }
    return false;
  };
  const wide = [...document.body.querySelectorAll("*")].filter(
    (element) => element.getBoundingClientRect().right > width + 1 && !isHeld(element),
  );
  return wide.map((element) => element.outerHTML.slice(0, 120));
}

function tooPale() {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const colours = new Map();
  const rgba = (colour) => {
    if (!colours.has(colour)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
      colours.set(colour, [red, green, blue, alpha / 255]);
    }
    return colours.get(colour);
  };
  const over = (top, below) => {
    const mix = (at) => top[at] * top[3] + below[at] * (1 - top[3]);
    return [mix(0), mix(1), mix(2), 1];
  };
  const ground = (element) => {
    const layers = [];
    for (let it = element; it; it = it.parentElement) {
      layers.push(rgba(getComputedStyle(it).backgroundColor));
    }
    return layers.reduceRight((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const luminance = (colour) => {
    const [red, green, blue] = colour.slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const found = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const text = texts.currentNode.textContent.trim();
    if (!text || element.closest("svg, option, :disabled, [aria-hidden=true]")) continue;
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const style = getComputedStyle(element);
    const below = ground(element);
    const ratio = contrast(over(rgba(style.color), below), below);
    const size = Number.parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) found.add(`${ratio.toFixed(2)}: ${text.slice(0, 60)}`);
  }
  return [...found];
}
