// Time travel: the time line of a finished instance is scrubbed, a copy goes on from one of its
// turns with a changed variable, and the two are compared.
//
// node travel.mjs BASE with-scripts|without-scripts PICTURES
import assert from "node:assert/strict";
import { run, until } from "./browser.mjs";
import * as people from "./people.mjs";
import { Album } from "./pictures.mjs";

const [base, mode, folder] = process.argv.slice(2);
const scripts = mode === "with-scripts";

await run(base, async (browser) => {
  const page = await browser.person({ scripts });
  // One of the steps is to be refused.
  browser.expect("the server responded with a status of 422");
  const album = new Album(folder);
  await people.signIn(page, people.ADMINISTRATOR);
  const original = await findFinished(page);
  await scrub(page, album);
  const copy = await rewind(page, album);
  assert.notEqual(copy, original);
  await seeWhyItWaits(page, copy, album);
  await compare(page, copy, original, album);
  album.finish();
});

async function take(album, page, name) {
  // Pictures are the same without scripts.
  if (scripts) await album.take(page, name);
}

// The expense that was approved on the journey; gives its address.
async function findFinished(page) {
  const amount = "variable=amount&op=eq&value=500";
  await page.goto(`/instances?process=expense-approval&state=completed&${amount}`);
  await page.locator("a[data-row]").first().click();
  await page.getByRole("heading", { level: 1, name: "Expense approval" }).waitFor();
  const address = new URL(page.url()).pathname;
  await page.getByRole("link", { name: "Time line" }).click();
  await page.getByRole("heading", { level: 1, name: "Time line" }).waitFor();
  return address;
}

// From the last turn, when all was done, to the first, when it waited for somebody.
async function scrub(page, album) {
  const turn = page.getByLabel("Turn", { exact: true });
  const last = Number(await turn.getAttribute("max"));
  assert.ok(last >= 3, `an approval takes some turns, not ${last}`);
  await heading(page, last, last).waitFor();
  await element(page, "approve_expense", "is-completed").waitFor();
  for (const wanted of [last - 1, 2, 1]) {
    await turn.fill(String(wanted));
    if (!scripts) await page.getByRole("button", { name: "Show" }).click();
    await heading(page, wanted, last).waitFor();
  }
  await element(page, "approve_expense", "is-active").waitFor();
  assert.equal(await element(page, "expense_approved", "is-completed").count(), 0);
  await page.getByRole("row", { name: "amount" }).getByText("new").waitFor();
  await page.getByText("was started by").waitFor();
  await page.getByRole("link", { name: "After" }).click();
  await heading(page, 2, last).waitFor();
  await page.getByRole("link", { name: "Before" }).click();
  await heading(page, 1, last).waitFor();
  await take(album, page, "history");
}

// First with a slip, which is shown where it is; gives the copy's address.
async function rewind(page, album) {
  const amount = page.getByRole("textbox", { name: "amount" });
  assert.equal(await amount.inputValue(), "500");
  await amount.fill("nine hundred");
  await page.getByRole("button", { name: "Rewind to turn 1" }).click();
  await page.getByText("This is no JSON").waitFor();
  await take(album, page, "history-refused");
  await amount.fill("900");
  await page.getByRole("button", { name: "Rewind to turn 1" }).click();
  await page.getByRole("status").filter({ hasText: "goes on from turn 1" }).waitFor();
  await element(page, "approve_expense", "is-active").waitFor();
  await page.getByText("goes on for").waitFor();
  return new URL(page.url()).pathname;
}

async function seeWhyItWaits(page, copy, album) {
  await page.goto(`${copy}?tab=waiting`);
  await page.getByText("to claim the task").waitFor();
  await page.getByText("Goes on when one of them claims the task and completes it.").waitFor();
  await take(album, page, "instance-waiting");
  await page.getByRole("link", { name: "Open the task" }).click();
  const task = page.getByRole("article", { name: "Task" });
  await until(page, task.getByLabel("Amount"));
  assert.equal(await task.getByLabel("Amount").inputValue(), "900");
}

async function compare(page, copy, original, album) {
  await page.goto(copy);
  await page.getByRole("link", { name: "Compare" }).click();
  await page.getByLabel("With the instance").fill("12");
  await page.getByRole("button", { name: "Compare" }).click();
  await page.getByText("There is no such instance.").waitFor();
  await page.getByLabel("With the instance").fill(original.split("/").pop());
  await page.getByRole("button", { name: "Compare" }).click();
  const amount = page.getByRole("row", { name: "amount" });
  await amount.getByText("900").waitFor();
  await amount.getByText("500").waitFor();
  await page.getByRole("row", { name: "Expense approved" }).waitFor();
  await take(album, page, "comparison");
}

function heading(page, turn, turns) {
  return page.getByRole("heading", { level: 2, name: `Turn ${turn} of ${turns}`, exact: true });
}

function element(page, id, state) {
  return page.locator(`svg [data-element-id="${id}"].${state}`);
}
