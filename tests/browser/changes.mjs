// Running instances are changed: three are migrated at once, one of them refused with its reason,
// and one that is stuck is repaired.
//
// node changes.mjs BASE with-scripts|without-scripts PICTURES
import assert from "node:assert/strict";
import { run, until, untilLoaded } from "./browser.mjs";
import * as people from "./people.mjs";
import { Album } from "./pictures.mjs";

const [base, mode, folder] = process.argv.slice(2);
const scripts = mode === "with-scripts";

await run(base, async (browser) => {
  const page = await browser.person({ scripts });
  // Refusals are what some steps want.
  browser.expect("the server responded with a status of 4");
  const album = new Album(folder);
  await people.signIn(page, people.ADMINISTRATOR);
  await deploy(page, "hiring.bpmn", hiring({ hasBoss: true }));
  const instances = [];
  for (let count = 0; count < 3; count += 1) instances.push(await start(page, "Hiring"));
  await modify(page, instances[1], album);
  await deploy(page, "hiring.bpmn", hiring({ hasBoss: false }));
  await migrateTogether(page, instances, album);
  await migrateAlone(page, instances[1], album);
  await rest(page, instances[0]);
  await restart(page, instances[0], album);
  await repair(page);
  album.finish();
});

async function take(album, page, name) {
  // Pictures are the same without scripts.
  if (scripts) await album.take(page, name);
}

async function deploy(page, name, text) {
  await page.goto("/processes");
  const file = { name, mimeType: "text/xml", buffer: Buffer.from(text) };
  await page.locator("input[type=file]").setInputFiles(file);
  await page.locator("button", { hasText: "Deploy" }).click();
  await page.getByRole("status").filter({ hasText: "eployed" }).waitFor();
}

async function start(page, process) {
  await people.openStartForm(page, process);
  const instance = await people.sendStartForm(page);
  return instance;
}

// The second instance is moved to the boss, where the next version has nobody.
async function modify(page, instance, album) {
  await page.goto(instance);
  await openMenu(page, "Modify");
  await take(album, page, "instance_modify");
  await page.getByRole("button", { name: "Modify instance" }).click();
  await page.getByRole("alert").filter({ hasText: "Choose what to end" }).waitFor();
  await page.getByLabel("Ask around").check();
  await page.getByLabel("Begin").selectOption({ label: "Ask the boss (boss)" });
  await page.getByRole("button", { name: "Modify instance" }).click();
  await page.getByRole("status").filter({ hasText: "was modified" }).waitFor();
  await page.goto(`${instance}?tab=waiting`);
  await page.locator(".timeline strong", { hasText: "Ask the boss" }).waitFor();
}

async function openMenu(page, item) {
  await page.getByRole("button", { name: "Change", exact: true }).click();
  await page.getByRole("link", { name: item, exact: true }).click();
  await page.getByRole("heading", { level: 1, name: item }).waitFor();
}

async function migrateTogether(page, instances, album) {
  await page.goto("/instances?process=hiring&state=active");
  const keys = instances.map((instance) => instance.split("/").pop());
  for (const key of keys) await page.getByLabel(`Choose ${key}`).check();
  await page.getByLabel("What to do").selectOption({ label: "Migrate" });
  await page.getByRole("button", { name: "Do it to the chosen" }).click();
  await page.getByRole("heading", { level: 1, name: "Migrate 3 instances" }).waitFor();
  await take(album, page, "bulk_choice");
  await page.getByLabel("To version").selectOption({ label: "Version 2" });
  await page.getByRole("button", { name: "Try it first" }).click();
  await page.waitForURL(/\/instances\/operations\/\d+/);
  // Nothing has happened yet, but it is known what will.
  await until(page, page.locator(".chip", { hasText: "Ready to start" }));
  const refused = page.getByRole("row", { name: keys[1] });
  await refused.getByText("Does not fit").waitFor();
  await refused.getByText("the new version has no such element").waitFor();
  assert.equal(await page.locator("td .chip", { hasText: "Fits" }).count(), 2);
  await take(album, page, "bulk_operation");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await until(page, page.locator(".title-line .chip", { hasText: "Done" }));
  await page.getByRole("status").filter({ hasText: "2 of 3 done, 1 refused" }).waitFor();
  await refused.getByText("the new version has no such element").waitFor();
  for (const [at, key] of keys.entries()) {
    const version = at === 1 ? "v1" : "v2";
    await page.getByRole("row", { name: key }).getByText(version).waitFor();
  }
  await page.goto("/instances/operations");
  await page.getByRole("row", { name: "Migrate" }).first().waitFor();
  await take(album, page, "bulk_operations");
}

// The refused one goes on once it is said what becomes of the boss.
async function migrateAlone(page, instance, album) {
  await page.goto(instance);
  await openMenu(page, "Migrate");
  await page.getByText("The instance can't go on this way.").waitFor();
  await take(album, page, "instance_migrate");
  await page.getByLabel("What Ask the boss becomes").selectOption({ label: "Ask around (ask)" });
  await page.getByRole("button", { name: "Check again" }).click();
  await page.getByText("The instance can go on this way.").waitFor();
  await page.getByRole("button", { name: "Migrate instance" }).click();
  await page.getByRole("status").filter({ hasText: "new version" }).waitFor();
  await page.locator(".facts").getByText("Version 2").waitFor();
}

async function rest(page, instance) {
  await page.goto(instance);
  await page.getByRole("button", { name: "Change", exact: true }).click();
  await page.getByRole("button", { name: "Suspend" }).click();
  await page.locator(".title-line .chip", { hasText: "Suspended" }).waitFor();
  await page.getByRole("button", { name: "Change", exact: true }).click();
  await page.getByRole("button", { name: "Resume" }).click();
  await page.locator(".title-line .chip", { hasText: "Active" }).waitFor();
}

async function restart(page, instance, album) {
  await page.goto(instance);
  await openMenu(page, "Restart");
  await take(album, page, "instance_restart");
  await page.getByLabel("Start variables").fill('{"urgent": true}');
  await page.getByRole("button", { name: "Start it again" }).click();
  await page.getByRole("status").filter({ hasText: "was started like" }).waitFor();
  await page.locator(".facts").getByText(instance.split("/").pop()).waitFor();
}

// Stuck at a condition that lacks a variable: set it, then retry.
async function repair(page) {
  await deploy(page, "toll.bpmn", toll());
  const instance = await start(page, "Toll");
  await page.goto(instance);
  await untilLoaded(page, page.locator(".title-line .chip", { hasText: "Incident" }));
  await page.goto(`${instance}?tab=variables`);
  await page.getByLabel("Name", { exact: true }).fill("weight");
  await page.getByLabel("Value", { exact: true }).fill("12");
  await page.getByRole("button", { name: "Set variable" }).click();
  await page.getByRole("status").filter({ hasText: "weight was set" }).waitFor();
  await page.goto(`${instance}?tab=incidents`);
  await page.getByRole("button", { name: "Retry" }).click();
  await page.goto(instance);
  await untilLoaded(page, page.locator(".title-line .chip", { hasText: "Completed" }));
}

function file(process) {
  return `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="file" targetNamespace="file">${process}
</bpmn:definitions>`;
}

function hiring({ hasBoss }) {
  const task = (id, name) => `<bpmn:userTask id="${id}" name="${name}"><bpmn:extensionElements>
    <zeebe:userTask /></bpmn:extensionElements></bpmn:userTask>`;
  const flow = (id, from, to, inside = "") =>
    `<bpmn:sequenceFlow id="${id}" sourceRef="${from}" targetRef="${to}">${inside}</bpmn:sequenceFlow>`;
  const condition = `<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression"
    >= isLarge = true</bpmn:conditionExpression>`;
  const boss = hasBoss
    ? task("boss", "Ask the boss") +
      flow("to_boss", "how", "boss", condition) +
      flow("from_boss", "boss", "end")
    : "";
  return file(`<bpmn:process id="hiring" name="Hiring" isExecutable="true">
    <bpmn:startEvent id="start" />
    <bpmn:exclusiveGateway id="how" name="Large?" default="to_ask" />
    ${task("ask", "Ask around")}${boss}<bpmn:endEvent id="end" />
    ${flow("to_how", "start", "how")}${flow("to_ask", "how", "ask")}${flow("done", "ask", "end")}
  </bpmn:process>`);
}

function toll() {
  return file(`<bpmn:process id="toll" name="Toll" isExecutable="true">
    <bpmn:startEvent id="start" />
    <bpmn:exclusiveGateway id="how" name="Heavy?" />
    <bpmn:endEvent id="heavy" /><bpmn:endEvent id="light" />
    <bpmn:sequenceFlow id="to_how" sourceRef="start" targetRef="how" />
    <bpmn:sequenceFlow id="to_heavy" sourceRef="how" targetRef="heavy">
      <bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">= weight > 10</bpmn:conditionExpression>
    </bpmn:sequenceFlow>
    <bpmn:sequenceFlow id="to_light" sourceRef="how" targetRef="light">
      <bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">= weight &lt;= 10</bpmn:conditionExpression>
    </bpmn:sequenceFlow>
  </bpmn:process>`);
}
