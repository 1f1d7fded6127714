// A new user's first hour: set up, load the examples, and get an expense approved by a colleague
// who sits at another machine.
//
// node journey.mjs BASE SETUP_LINK with-scripts|without-scripts PICTURES
import assert from "node:assert/strict";
import { run, until } from "./browser.mjs";
import * as people from "./people.mjs";
import { Album } from "./pictures.mjs";

const COMMENT = "Fine, the marmalade was for the customers";
const ATTACHMENT = { name: "policy.txt", mimeType: "text/plain", buffer: Buffer.from("Rule 7") };
const PURPOSE = "Breakfast at the fair";
const PATH = ["expense_requested", "approve_expense", "notify_approved", "expense_approved"];
const FLOWS = ["to_amount", "needs_approval", "to_decision", "is_approved", "approval_told"];

const [base, setupLink, mode, folder] = process.argv.slice(2);
const scripts = mode === "with-scripts";

await run(base, async (browser) => {
  const administrator = await browser.person({ scripts });
  await setUp(administrator);
  await people.makeUser(administrator, people.APPROVER);
  await people.makeGroup(administrator, "night-shift", "Night shift");
  // The examples brought the groups that their models name.
  await people.addMember(administrator, "Approvers", people.APPROVER);

  const approver = await browser.person({ scripts });
  await people.signIn(approver, people.APPROVER);
  await people.goTo(approver, "Inbox");
  await approver.getByRole("link", { name: "Unassigned", exact: true }).click();
  await approver.getByRole("region", { name: "User tasks" }).waitFor();

  const instance = await people.startExpense(administrator, 500, PURPOSE);
  await until(administrator, element(administrator, "approve_expense", "is-active"));
  await approve(approver);
  await checkInstance(administrator, instance);
  await people.findInAudit(administrator, "marmalade customers");
  await administrator.getByText(COMMENT).first().waitFor();
});

async function setUp(page) {
  // Without scripts the pages look alike; one set of pictures is enough.
  const album = scripts ? new Album(folder) : null;
  await page.goto(setupLink);
  await album?.take(page, "setup");
  await people.makeAdministrator(page, setupLink);
  await album?.take(page, "setup_examples");
  await people.loadExamples(page);
  await page.getByRole("status").getByText("loaded").waitFor();
  await page.getByRole("link", { name: "Home" }).first().click();
  await page.getByRole("heading", { name: "Getting started" }).waitFor();
  await album?.take(page, "home-fresh");
  for (const place of ["inbox", "instances", "incidents", "files", "groups"]) {
    await page.goto(`/${place}`);
    await album?.take(page, `${place}-fresh`);
  }
  await people.signOut(page);
  await album?.take(page, "sign_in");
  await people.signIn(page, people.ADMINISTRATOR);
}

// The inbox was open all the time; with scripts the task comes into it by itself.
async function approve(page) {
  const row = page.getByRole("link", { name: "Approve expense" });
  await until(page, row);
  await row.click();
  const task = page.getByRole("article", { name: "Task" });
  await task.getByRole("heading", { name: "Approve expense" }).waitFor();
  await task.getByRole("button", { name: "Claim", exact: true }).click();
  await task.getByText("Assigned to").waitFor();
  assert.equal(await task.getByLabel("Amount").inputValue(), "500");
  assert.equal(await task.getByLabel("Purpose").inputValue(), PURPOSE);
  const form = task.getByRole("region", { name: "Form" });
  await form.getByLabel("I approve this expense").check();
  await form.getByText("Add a comment or files").click();
  await form.getByLabel("Comment").fill(COMMENT);
  await form.getByLabel("Files").setInputFiles(ATTACHMENT);
  await form.getByRole("button", { name: "Complete task" }).click();
  await page.getByRole("status").getByText("complete").waitFor();
  await checkTalk(page);
}

// What was said and attached stays with the task.
async function checkTalk(page) {
  await page.getByRole("link", { name: "Done", exact: true }).click();
  await page.getByRole("link", { name: "Approve expense" }).click();
  const task = page.getByRole("article", { name: "Task" });
  await task.getByText(COMMENT).waitFor();
  const link = task.getByRole("link", { name: ATTACHMENT.name });
  const answer = await page.request.get(await link.getAttribute("href"));
  assert.equal(await answer.text(), ATTACHMENT.buffer.toString(), "the file comes back whole");
}

// The page was open all the time as well.
async function checkInstance(page, instance) {
  assert.equal(new URL(page.url()).pathname, instance);
  await until(page, page.locator(".title-line .chip", { hasText: "Completed" }));
  for (const id of PATH) await element(page, id, "is-completed").waitFor();
  for (const id of FLOWS) await element(page, id, "is-taken").waitFor();
  for (const id of ["notify_rejected", "expense_rejected", "approve_automatically"]) {
    assert.equal(await element(page, id, "is-completed").count(), 0, `${id} was not reached`);
  }
  await page.getByRole("link", { name: "Variables" }).click();
  await page.getByRole("row", { name: /^approved true/ }).waitFor();
  await page.getByRole("row", { name: /^amount 500/ }).waitFor();
}

function element(page, id, state) {
  return page.locator(`svg [data-element-id="${id}"].${state}`);
}
