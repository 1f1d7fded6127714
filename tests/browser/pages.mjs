// Every page with work on it, in pictures, on the server that the journey left behind.
//
// node pages.mjs BASE PICTURES TEMPLATES
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { run, until } from "./browser.mjs";
import * as people from "./people.mjs";
import { Album } from "./pictures.mjs";

const BROKEN = {
  name: "broken.bpmn",
  mimeType: "text/xml",
  buffer: Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="broken" targetNamespace="broken">
  <bpmn:process id="broken" name="Broken" isExecutable="true">
    <bpmn:startEvent id="begin" name="Begin"><bpmn:outgoing>to_task</bpmn:outgoing></bpmn:startEvent>
    <bpmn:serviceTask id="task" name="No type"><bpmn:incoming>to_task</bpmn:incoming></bpmn:serviceTask>
    <bpmn:sequenceFlow id="to_task" sourceRef="begin" targetRef="task" />
    <bpmn:sequenceFlow id="to_nowhere" sourceRef="task" targetRef="nowhere" />
  </bpmn:process>
</bpmn:definitions>`),
};

const [base, folder, templates] = process.argv.slice(2);
const album = new Album(folder);

await run(base, async (browser) => {
  const page = await browser.person();
  await people.signIn(page, people.ADMINISTRATOR);
  // Refusals are what some steps want.
  browser.expect("the server responded with a status of 4");
  const instances = await startWork(page);
  await takeWork(page, instances);
  await takeDecisions(page, instances);
  await takeInsight(page);
  await takeAdministration(page);
  await takeRefusals(browser, page);
  album.finish();
  const pictures = readdirSync(folder);
  for (const template of readdirSync(templates)) {
    const name = template.replace(".html", "-light.png");
    assert.ok(pictures.includes(name), `${template} is on no picture`);
  }
});

// Something that waits for a person, for a worker, that is stuck, and that is done.
async function startWork(page) {
  const waiting = await people.startExpense(page, 1840.5, "Train to the customer and a hotel");
  await until(page, page.locator("[data-element-id=approve_expense].is-active"));
  await people.openStartForm(page, "Customer onboarding");
  await page.getByLabel("Customer number").fill("C-1001");
  await page.getByLabel("Name").fill("Example Bakery");
  await page.getByLabel("E-mail address").fill("bakery@example.org");
  await page.getByLabel("Address of the checking service").fill("http://127.0.0.1:9");
  const stuck = await people.sendStartForm(page);
  await until(page, page.locator("svg .is-stuck"));
  await people.openStartForm(page, "Order fulfilment");
  await page.getByLabel("Order number").fill("O-2001");
  await page.getByLabel("E-mail address").fill("bakery@example.org");
  await page.getByLabel("Chair").check();
  await page.getByLabel("Lamp").check();
  const working = await people.sendStartForm(page);
  await people.openStartForm(page, "Travel allowance");
  await page.getByLabel("Country").fill("FR");
  await page.getByLabel("Days").fill("5");
  const decided = await people.sendStartForm(page);
  await until(page, page.locator("[data-element-id=approve_trip].is-active"));
  await people.openStartForm(page, "Daily report");
  const done = await people.sendStartForm(page);
  await until(page, page.locator(".title-line .chip", { hasText: "Completed" }));
  return { waiting, stuck, working, decided, done };
}

async function takeWork(page, { waiting, stuck, working, done }) {
  await take(page, "home", "/");
  await take(page, "inbox-list", "/inbox?filter=unassigned");
  await page.getByRole("link", { name: "Approve expense" }).first().click();
  await page.getByRole("article", { name: "Task" }).getByRole("heading", { level: 2 }).waitFor();
  await take(page, "inbox", page.url());
  await take(page, "processes", "/processes");
  await take(page, "process", "/processes/expense-approval");
  await take(page, "process-scheduled", "/processes/daily-report");
  await take(page, "start_form", "/processes/customer-onboarding/start");
  await take(page, "start_form-nothing", "/processes/daily-report/start");
  await take(page, "instances", "/instances");
  const large = "variable=amount&op=gt&value=1000";
  await take(page, "instances-variable", `/instances?process=expense-approval&${large}`);
  assert.equal(await page.locator("[data-row]").count(), 1, "one expense is that large");
  await take(page, "instances-refused", `/instances?${large}`);
  await take(page, "instance", waiting);
  await take(page, "instance-variables", `${waiting}?tab=variables`);
  await setVariable(page, waiting);
  await typeWhileItRefreshes(page, waiting);
  await take(page, "instance-jobs", `${working}?tab=jobs`);
  await take(page, "instance-incidents", `${stuck}?tab=incidents`);
  await take(page, "instance-called", `${done}?tab=called`);
  await take(page, "instance-done", `${done}?tab=timeline`);
}

// From the timeline to how it was decided, to the tables, and the same with another input.
async function takeDecisions(page, { decided }) {
  await take(page, "instance-decided", decided);
  await page.getByRole("link", { name: "How?" }).click();
  await page.getByText("225 fits").waitFor();
  await take(page, "evaluation", page.url());
  await take(page, "decisions", "/decisions");
  await take(page, "decision", "/decisions/travel-allowance");
  await page.getByLabel("Inputs, as a JSON object").fill('{"country": "XX", "days": 2}');
  await page.getByRole("button", { name: "Evaluate" }).click();
  await page.getByText("70 fits").waitFor();
}

// Refused with the place of the slip, then taken; the list shows the new value.
async function setVariable(page, instance) {
  await page.goto(`${instance}?tab=variables`);
  await page.getByRole("link", { name: "Change amount" }).click();
  const value = page.getByLabel("Value", { exact: true });
  assert.equal(await value.inputValue(), "1840.5", "the form begins with the present value");
  await value.fill('{"net": 1840.5,}');
  await page.getByRole("button", { name: "Set variable" }).click();
  await page.getByText("line 1 column 16").waitFor();
  await album.take(page, "instance-refused", { loadsAgain: false });
  await value.fill("1900");
  await page.getByRole("button", { name: "Set variable" }).click();
  await page.getByRole("status").getByText("amount was set").waitFor();
  await page.getByRole("row", { name: "amount" }).getByText("1900").waitFor();
}

// A refresh that was on its way when somebody began to type takes neither focus nor letters.
async function typeWhileItRefreshes(page, instance) {
  let release;
  const held = new Promise((resolve) => (release = resolve));
  const isRefresh = (request) => request.headers()["hx-request"] === "true";
  await page.route("**/instances/**", async (route) => {
    if (isRefresh(route.request())) await held;
    await route.continue();
  });
  const asked = page.waitForRequest(isRefresh);
  await page.goto(`${instance}?tab=variables`);
  await asked;
  const value = page.getByLabel("Value", { exact: true });
  await value.focus();
  await page.keyboard.type('"half');
  const swapped = page.evaluate(() => {
    const wait = (done) => requestAnimationFrame(() => requestAnimationFrame(done));
    return new Promise((done) => {
      document.addEventListener("htmx:beforeSwap", () => wait(done), { once: true });
    });
  });
  release();
  await swapped;
  await page.keyboard.type('way"');
  assert.equal(await value.inputValue(), '"halfway"');
  await page.unroute("**/instances/**");
}

async function takeInsight(page) {
  await take(page, "incidents", "/incidents");
  await take(page, "schedules", "/schedules");
  await take(page, "patterns", "/patterns");
  await take(page, "files", "/files");
  await take(page, "audit", "/audit");
  await take(page, "audit-found", "/audit?search=marmalade");
  await take(page, "audit-nothing", "/audit?search=xylophone");
}

async function takeAdministration(page) {
  await take(page, "users", "/users");
  await take(page, "user_form-new", "/users/new");
  await people.goTo(page, "Users");
  await page.getByRole("link", { name: people.APPROVER.name }).click();
  await take(page, "user_form", page.url());
  await take(page, "groups", "/groups");
  await take(page, "group", "/groups/approvers");
  await take(page, "roles", "/roles");
  await take(page, "account", "/account");
  await page.getByLabel("New token for").fill("Order worker");
  await page.getByRole("button", { name: "Make token" }).click();
  await page.getByLabel("New token", { exact: true }).waitFor();
  await album.take(page, "account-token", { loadsAgain: false });
  await take(page, "system", "/system");
}

async function takeRefusals(browser, page) {
  await take(page, "not_found", "/instances/1");
  await page.goto("/processes");
  await page.locator("input[type=file]").setInputFiles(BROKEN);
  await page.locator("button", { hasText: "Deploy" }).click();
  await page.getByRole("heading", { name: "Nothing was deployed" }).waitFor();
  await album.take(page, "deploy_problems", { loadsAgain: false });
  const approver = await browser.person();
  await approver.goto("/sign-in");
  await approver.getByLabel("E-mail").fill(people.APPROVER.email);
  await approver.getByLabel("Password").fill("not the password");
  await approver.getByRole("button", { name: "Sign in" }).click();
  await approver.getByRole("alert").waitFor();
  await album.take(approver, "sign_in-refused", { loadsAgain: false });
  await people.signIn(approver, people.APPROVER);
  await take(approver, "home-approver", "/");
  await take(approver, "inbox-done", "/inbox?filter=done");
  await take(approver, "error", "/users");
}

async function take(page, name, address) {
  await page.goto(address);
  await album.take(page, name);
}
