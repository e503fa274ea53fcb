// Why a trace was slow: the headline, its spans, the list of findings, by mouse and by keyboard, and the address of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { dropFile, idle, open } from "./browser.mjs";
import { Findings } from "./pages/findings.mjs";
import { Trace } from "./pages/trace.mjs";
import { server } from "./stage.mjs";

/** A trace in the shape of HotROD's: a slow query, then 13 calls one after the other, of which 3 failed and were repeated. */
function hotrod() {
  const traceID = "3a48bc986bde23c1";
  const spans = [];
  const processes = Object.fromEntries(["frontend", "driver", "redis", "mysql"].map((serviceName) => [serviceName, { serviceName, tags: [] }]));
  const span = (name, processID, parent, start, duration, tags = {}) => {
    const spanID = (spans.length + 1).toString(16).padStart(16, "0");
    spans.push({
      traceID, spanID, operationName: name, processID, startTime: 1_700_000_000_000_000 + start * 1000, duration: duration * 1000,
      references: parent ? [{ refType: "CHILD_OF", traceID, spanID: parent }] : [],
      tags: Object.entries(tags).map(([key, value]) => ({ key, type: typeof value === "boolean" ? "bool" : "string", value })), logs: [],
    });
    return spanID;
  };
  const root = span("HTTP GET /dispatch", "frontend", null, 0, 560, { "span.kind": "server" });
  span("SQL SELECT", "mysql", root, 2, 300, { "span.kind": "client", "sql.query": "SELECT * FROM customer WHERE customer_id=392" });
  const find = span("FindNearest", "driver", root, 305, 250, { "span.kind": "server" });
  const calls = [];
  let at = 310;
  for (let call = 0; call < 13; call++) {
    const failed = call % 5 === 0;
    const driver = failed ? call + 1 : call;
    calls.push(span("GetDriver", "redis", find, at, failed ? 32 : 12, { "span.kind": "client", "param.driverID": `T${driver}`, ...(failed ? { error: true } : {}) }));
    at += failed ? 33 : 13;
  }
  return { body: { data: [{ traceID, spans, processes }] }, calls, traceID };
}

async function opened(t) {
  const { viewer } = await server(t);
  const page = await open(t, `${viewer}/`);
  const sent = hotrod();
  await dropFile(page, "hotrod.json", JSON.stringify(sent.body));
  await idle(page);
  return { page, sent, trace: new Trace(page), findings: new Findings(page) };
}

test("the headline names the sequential calls, and a click shows them", async (t) => {
  const { page, sent, trace, findings } = await opened(t);
  assert.match(await findings.headline.innerText(), /^\d+\u00a0% of this request is 13 sequential GetDriver calls; in parallel it would take \d+\u00a0ms instead of 560\u00a0ms$/);
  await findings.headline.click();
  await idle(page);
  assert.equal(await trace.selected(), sent.calls[0]);
  assert.deepEqual(await trace.marked("match"), sent.calls);
  const address = new URL(page.url());
  assert.equal(address.searchParams.get("uiFind"), "service = redis and operation = GetDriver");
  assert.equal(address.searchParams.get("span"), sent.calls[0]);
});

test("the list opens by its key, says what to do, and shows the spans of another finding", async (t) => {
  const { page, trace, findings } = await opened(t);
  await page.locator("h1").click();
  await page.keyboard.press("i");
  await idle(page);
  assert.equal(await findings.toggle.getAttribute("aria-expanded"), "true");
  assert.equal(new URL(page.url()).searchParams.get("findings"), "1");
  const sentences = await findings.sentences();
  assert.match(sentences[0], /warning.*13 sequential GetDriver calls/s);
  assert.ok(sentences.some((sentence) => /The query mysql: SQL SELECT took 300\u00a0ms/.test(sentence)), sentences.join("\n"));
  await findings.show(/The query mysql/).focus();
  await page.keyboard.press("Enter");
  await idle(page);
  assert.equal((await trace.marked("match")).length, 1);
  assert.equal(await findings.toggle.getAttribute("aria-expanded"), "false", "the waterfall has its room");
  await page.waitForFunction(() => document.activeElement.matches(".waterfall-scroll"));
  await page.keyboard.press("i");
  await idle(page);
  assert.match(await findings.current(), /The query mysql/);
  await findings.show(/The query mysql/).focus();
  await page.keyboard.press("Escape");
  await idle(page);
  assert.equal(await findings.toggle.getAttribute("aria-expanded"), "false");
  assert.equal(await page.evaluate(() => document.activeElement.dataset.test), "findings-toggle");
});

test("Markdown of all findings is saved", async (t) => {
  const { page, findings } = await opened(t);
  await findings.toggle.click();
  await idle(page);
  const saved = page.waitForEvent("download");
  await findings.list.getByRole("button", { name: "Download findings" }).click();
  await page.getByRole("menuitem", { name: "Markdown" }).click();
  const text = await (await (await saved).createReadStream()).toArray();
  assert.match(Buffer.concat(text).toString(), /^# Findings in trace .*\n[^]*13 sequential GetDriver calls/);
});
