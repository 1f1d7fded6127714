// What people do on the pages, in the words they see there.
import { untilLoaded } from "./browser.mjs";

export const ADMINISTRATOR = {
  name: "Administrator",
  email: "administrator@example.org",
  password: "a sentence to remember",
};
export const APPROVER = {
  name: "Approver",
  email: "approver@example.org",
  password: "another sentence to remember",
};
export const RECEIPT = {
  name: "receipt.pdf",
  mimeType: "application/pdf",
  buffer: Buffer.from("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"),
};

export async function makeAdministrator(page, setupLink) {
  await page.goto(setupLink);
  await page.getByLabel("Name").fill(ADMINISTRATOR.name);
  await page.getByLabel("E-mail").fill(ADMINISTRATOR.email);
  await page.getByLabel("Password").fill(ADMINISTRATOR.password);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: "Learn from real processes" }).waitFor();
}

export async function loadExamples(page) {
  await page.getByRole("button", { name: "Load the examples" }).click();
  await page.getByRole("navigation", { name: "Main", exact: true }).waitFor();
}

export async function signOut(page) {
  await page.locator("details.me > summary").click();
  await page.locator("details.me").getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
}

export async function signIn(page, person) {
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill(person.email);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("navigation", { name: "Main", exact: true }).waitFor();
}

// By the navigation, as a person goes.
export async function goTo(page, place) {
  const link = page.getByRole("navigation", { name: "Main", exact: true });
  await link.getByRole("link", { name: place }).click();
  await page.getByRole("heading", { level: 1, name: place }).waitFor({ state: "attached" });
}

export async function makeGroup(page, id, name) {
  await goTo(page, "Groups");
  await page.getByLabel("ID").fill(id);
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("button", { name: "Add group" }).click();
  await goTo(page, "Groups");
  await page.getByRole("link", { name }).waitFor();
}

export async function makeUser(page, person) {
  await goTo(page, "Users");
  await page.getByRole("link", { name: "New user" }).click();
  await page.getByLabel("Name").fill(person.name);
  await page.getByLabel("E-mail").fill(person.email);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: "Add user" }).click();
  await goTo(page, "Users");
  await page.getByRole("link", { name: person.name }).waitFor();
}

export async function addMember(page, group, person) {
  await goTo(page, "Groups");
  await page.getByRole("link", { name: group }).click();
  await page.getByRole("heading", { level: 1, name: group }).waitFor();
  await page.getByLabel("User").selectOption({ label: person.name });
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("row", { name: person.name }).waitFor();
}

export async function openStartForm(page, process) {
  await goTo(page, "Processes");
  await page.getByRole("row", { name: process }).getByRole("link", { name: "Start" }).click();
  await page.getByRole("heading", { level: 1, name: process }).waitFor();
}

// Gives the address of the instance that the form started.
export async function sendStartForm(page) {
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.waitForURL(/\/instances\/\d+/);
  return new URL(page.url()).pathname;
}

export async function startExpense(page, amount, purpose) {
  await openStartForm(page, "Expense approval");
  await page.getByLabel("Your e-mail address").fill("requester@example.org");
  await page.getByLabel("Amount").fill(String(amount));
  await page.getByLabel("Purpose").fill(purpose);
  await page.getByLabel("Receipt").setInputFiles(RECEIPT);
  return sendStartForm(page);
}

// The words reach the index a moment after they were written.
export async function findInAudit(page, words) {
  await goTo(page, "Audit");
  await page.getByRole("searchbox", { name: "Search the audit" }).fill(words);
  await page.getByRole("button", { name: "Search" }).click();
  await untilLoaded(page, page.locator("mark", { hasText: words.split(" ")[0] }));
}
