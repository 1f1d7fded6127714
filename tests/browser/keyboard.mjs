// The pages without a mouse: the focus can always be seen, content is one step away, lists are
// walked with j and k, a task is opened, claimed, filled in and completed.
//
// node keyboard.mjs BASE
import assert from "node:assert/strict";
import { PATIENCE_MS, run, until } from "./browser.mjs";
import * as people from "./people.mjs";

const [base] = process.argv.slice(2);

await run(base, async (browser) => {
  const page = await browser.person();
  await signInByKeyboard(page);
  await skipToContent(page);
  // Two tasks, so that there is a list to walk.
  for (const purpose of ["Taxi to the station", "Train to the fair"]) {
    await people.startExpense(page, 320, purpose);
    await until(page, page.locator("[data-element-id=approve_expense].is-active"));
  }
  await walkWithTab(page);
  await completeTask(page, await walkInbox(page));
  await goByLetters(page);
});

async function signInByKeyboard(page) {
  await page.goto("/sign-in");
  // The first field has the focus already.
  await page.keyboard.type(people.ADMINISTRATOR.email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(people.ADMINISTRATOR.password);
  await page.keyboard.press("Enter");
  await page.getByRole("navigation", { name: "Main", exact: true }).waitFor();
}

async function skipToContent(page) {
  await page.goto("/instances");
  await page.keyboard.press("Tab");
  const link = page.getByRole("link", { name: "Skip to content" });
  await focused(link, "the skip link comes first");
  const { x, y } = await link.boundingBox();
  assert.ok(x >= 0 && y >= 0, "the skip link is seen when it has the focus");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  const isInside = await page.evaluate(() =>
    document.getElementById("main").contains(document.activeElement),
  );
  assert.ok(isInside, "the step after the skip link is in the content");
}

async function walkWithTab(page) {
  for (const place of ["/instances", "/inbox?filter=unassigned", "/audit"]) {
    await page.goto(place);
    for (let step = 0; step < 30; step += 1) {
      await page.keyboard.press("Tab");
      assert.equal(await page.evaluate(unseenFocus), null, `the focus can be seen on ${place}`);
    }
  }
}

// The focused element when nothing about it or its label shows that it has the focus.
function unseenFocus() {
  const focused = document.activeElement;
  if (!focused || focused === document.body) return null;
  const shows = (element) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
    const hasOutline = outlineStyle !== "none" && Number.parseFloat(outlineWidth) > 0;
    return hasOutline || boxShadow !== "none";
  };
  const around = [focused, focused.parentElement, focused.closest("label")];
  return around.some((element) => element && shows(element)) ? null : focused.outerHTML;
}

async function walkInbox(page) {
  await page.goto("/inbox?filter=unassigned");
  const rows = page.locator("[data-row]");
  await page.keyboard.press("j");
  await focused(rows.nth(0), "j begins at the first row");
  await page.keyboard.press("j");
  await focused(rows.nth(1), "j goes on to the next row");
  await page.keyboard.press("k");
  await focused(rows.nth(0), "k goes back");
  const title = await rows.nth(0).locator("strong").textContent();
  await page.keyboard.press("Enter");
  const task = page.getByRole("article", { name: "Task" });
  await task.getByRole("heading", { level: 2, name: title }).waitFor();
  await page.keyboard.press("c");
  await task.getByText("Assigned to").waitFor();
  return task;
}

// From the opened task on with Tab, Space and Enter alone.
async function completeTask(page, task) {
  const form = task.getByRole("region", { name: "Form" });
  await tabTo(page, form.getByLabel("I approve this expense"));
  await page.keyboard.press("Space");
  await tabTo(page, form.getByText("Add a comment or files"));
  await page.keyboard.press("Enter");
  await tabTo(page, form.getByLabel("Comment"));
  await page.keyboard.type("Approved without a mouse");
  await tabTo(page, form.getByRole("button", { name: "Complete task" }));
  await page.keyboard.press("Enter");
  await page.getByRole("status").getByText("complete").waitFor();
}

async function tabTo(page, locator) {
  for (let step = 0; step < 100; step += 1) {
    await page.keyboard.press("Tab");
    if (await locator.evaluate((element) => element === document.activeElement)) return;
  }
  assert.fail(`Tab does not reach ${locator}`);
}

async function goByLetters(page) {
  await page.keyboard.press("g");
  await page.keyboard.press("r");
  await page.waitForURL("**/instances");
  await page.keyboard.press("/");
  await focused(page.locator("[data-search]"), "/ goes to the search");
  await page.keyboard.press("Escape");
  await page.locator("[data-search]").blur();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor({ state: "hidden" });
}

// A live update may draw the list anew at any moment; it gives the focus back.
async function focused(locator, promise) {
  const end = Date.now() + PATIENCE_MS;
  while (!(await locator.evaluate((element) => element === document.activeElement))) {
    assert.ok(Date.now() < end, promise);
  }
}
