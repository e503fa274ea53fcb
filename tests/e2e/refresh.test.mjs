// A trace that grows while one looks at it: what is looked at stays, what came is shown; and all of it can be linked.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { dropFile, idle, open } from "./browser.mjs";
import { Trace } from "./pages/trace.mjs";
import { checkout, send } from "./spans.mjs";
import { fakeJaeger, server } from "./stage.mjs";

/** A span that comes late: it begins before all others but the root, of a service whose name comes first. */
function late(sent, parent) {
  const { startTimeUnixNano: begin } = sent.body.resourceSpans[0].scopeSpans[0].spans[0];
  const id = "00000000000000e1";
  const span = {
    traceId: sent.traceId, spanId: id, parentSpanId: parent, name: "late", kind: 1,
    startTimeUnixNano: `${BigInt(begin) + 1_000_000n}`, endTimeUnixNano: `${BigInt(begin) + 3_000_000n}`,
  };
  const service = { key: "service.name", value: { stringValue: "a-service" } };
  return { id, body: { resourceSpans: [{ resource: { attributes: [service] }, scopeSpans: [{ spans: [span] }] }] } };
}

test("a refresh shows what came, and keeps selection, collapse, focus, detail and time", async (t) => {
  const { viewer, otlp_http } = await server(t);
  const sent = checkout();
  await send(otlp_http, sent.body);
  const { ids } = sent;
  const query = `?span=${ids["charge card"]}&open=1&range=1000000-89000000&collapsed=${ids["reserve stock"]}&focus=${ids["POST /checkout"]}`;
  const page = await open(t, `${viewer}/trace/${sent.traceId}${query}`);
  const trace = new Trace(page);
  const before = await trace.spans();
  assert.deepEqual(before, [ids["POST /checkout"], ids["reserve stock"], ids["charge card"]]);

  await page.getByTestId("refresh").click();
  await idle(page);
  assert.equal(await trace.refreshed(), "No new spans");

  const more = late(sent, ids["POST /checkout"]);
  await send(otlp_http, more.body);
  const address = page.url();
  await page.getByTestId("refresh").click();
  await idle(page);
  assert.equal(await trace.refreshed(), "1 new span");
  assert.deepEqual(await trace.spans(), [before[0], more.id, ...before.slice(1)]);
  assert.deepEqual(await trace.marked("added"), [more.id]);
  assert.match(await trace.header.innerText(), /4 services[^]*5 spans/);
  assert.equal(await trace.selected(), ids["charge card"]);
  assert.equal(await trace.detail.getAttribute("data-span-id"), ids["charge card"]);
  assert.match(await trace.detail.innerText(), /card declined/);
  assert.equal(page.url(), address);
});

test("the palette reloads, follows, copies a link and downloads", async (t) => {
  const { viewer, otlp_http } = await server(t);
  const sent = checkout();
  await send(otlp_http, sent.body);
  const page = await open(t, `${viewer}/trace/${sent.traceId}`, { permissions: ["clipboard-read", "clipboard-write"] });
  const trace = new Trace(page);
  const act = async (text) => {
    await page.keyboard.press("Control+k");
    await page.getByTestId("palette-field").fill(text);
    await page.keyboard.press("Enter");
    await idle(page);
  };
  await act("refresh");
  assert.equal(await trace.refreshed(), "No new spans");
  await act("copy a link");
  await page.getByTestId("copy-link").filter({ hasText: "Copied" }).waitFor();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), new RegExp(`/trace/${sent.traceId}`));
  for (const [text, name] of [["download as jaeger", ".jaeger.json"], ["download as otlp", ".otlp.json"]]) {
    const downloading = page.waitForEvent("download");
    await act(text);
    assert.equal((await downloading).suggestedFilename(), `${sent.traceId}${name}`);
  }
  const follow = page.getByTestId("follow");
  await act("live");
  assert.equal(await follow.getAttribute("aria-pressed"), "true");
  await act("live");
  assert.equal(await follow.getAttribute("aria-pressed"), "false");
});

test("following reads again by itself until it is stopped", async (t) => {
  const { viewer, otlp_http } = await server(t);
  const sent = checkout();
  await send(otlp_http, sent.body);
  const page = await open(t, `${viewer}/trace/${sent.traceId}`);
  const trace = new Trace(page);
  const follow = page.getByTestId("follow");
  await follow.click();
  assert.equal(await follow.getAttribute("aria-pressed"), "true");
  await trace.openDetail(sent.ids["charge card"]);
  const more = late(sent, sent.ids["reserve stock"]);
  await send(otlp_http, more.body);
  await trace.row(more.id).waitFor();
  // The new service takes a colour. Who walks the tree with keys goes on where they were.
  assert.ok(await trace.waterfall.evaluate((tree) => tree === document.activeElement), "the tree keeps the focus");
  await page.keyboard.press("ArrowUp");
  await idle(page);
  assert.notEqual(await trace.selected(), sent.ids["charge card"]);
  await follow.click();
  assert.equal(await follow.getAttribute("aria-pressed"), "false");
});

test("following goes on when a server that was gone is back", async (t) => {
  const sent = checkout();
  let isGone = false;
  let { resourceSpans } = sent.body;
  const api = (path) => {
    if (!path.startsWith("/api/")) return undefined;
    if (isGone) return { stream: (response) => response.destroy() };
    return path.startsWith("/api/v3/traces/") ? { body: JSON.stringify({ result: { resourceSpans } }) } : { status: 404, body: "" };
  };
  const { url } = await fakeJaeger(t, { api });
  const page = await open(t, `${url}/trace/${sent.traceId}`, { allowed: [/Failed to load resource/, /ERR_/] });
  const trace = new Trace(page);
  const follow = page.getByTestId("follow");
  isGone = true;
  await follow.click();
  await page.getByTestId("refresh-said").filter({ hasText: "Trying again" }).waitFor();
  assert.equal(await follow.getAttribute("aria-pressed"), "true");
  const more = late(sent, sent.ids["POST /checkout"]);
  resourceSpans = [...resourceSpans, ...more.body.resourceSpans];
  isGone = false;
  await trace.row(more.id).waitFor();
  assert.equal(await follow.getAttribute("aria-pressed"), "true");
});

test("details between the rows stay open, below the rows that they belong to", async (t) => {
  const { viewer, otlp_http } = await server(t);
  const sent = checkout();
  await send(otlp_http, sent.body);
  const opened = `${sent.ids["reserve stock"]}.${sent.ids["charge card"]}`;
  const page = await open(t, `${viewer}/trace/${sent.traceId}?detail=inline&opened=${opened}`);
  const trace = new Trace(page);
  const more = late(sent, sent.ids["POST /checkout"]);
  await send(otlp_http, more.body);
  await page.getByTestId("refresh").click();
  await trace.row(more.id).waitFor();
  await idle(page);
  const above = await page.getByTestId("span-drawer").evaluateAll((drawers) => drawers.map((drawer) => drawer.previousElementSibling.dataset.spanId));
  assert.deepEqual(above, [sent.ids["reserve stock"], sent.ids["charge card"]]);
  assert.deepEqual(await trace.detail.evaluateAll((open) => open.map((one) => one.dataset.spanId)), above);
});

test("a trace lacks a parent: the header names it, and whose it was", async (t) => {
  const { viewer, otlp_http } = await server(t);
  const sent = checkout();
  await send(otlp_http, sent.body);
  const more = late(sent, "00000000000000dd");
  await send(otlp_http, more.body);
  const page = await open(t, `${viewer}/trace/${sent.traceId}`);
  const trace = new Trace(page);
  const missing = page.getByTestId("missing");
  await missing.locator("summary").click();
  await idle(page);
  assert.match(await missing.innerText(), /00000000000000dd: parent of 1 span in a-service\. Probably in a-service\./);
  await missing.getByRole("button", { name: "Show it" }).click();
  await idle(page);
  assert.equal(await trace.selected(), more.id);
});

test("all that is looked at is in the address, and Jaeger's service filter opens", async (t) => {
  const { viewer, otlp_http } = await server(t);
  const sent = checkout();
  await send(otlp_http, sent.body);
  const { ids } = sent;
  const query = `?range=1000000-80000000&span=${ids["SELECT stock"]}&open=1&detail=bottom&order=duration&group=1&uiFind=stock&show=dim&time=absolute&hide=payment`;
  const page = await open(t, `${viewer}/trace/${sent.traceId}${query}`);
  const trace = new Trace(page);
  const seen = await trace.view();
  assert.ok(!(await trace.spans()).includes(ids["charge card"]), "its service is hidden");
  await page.reload();
  await idle(page);
  assert.deepEqual(await trace.view(), seen);
  // Another page and back.
  await page.getByRole("link", { name: "Dependencies" }).click();
  await idle(page);
  await page.goBack();
  await idle(page);
  assert.deepEqual(await trace.view(), seen);

  // frontend, payment, stock in this order; payment is hidden. The checksum is Jaeger's for these three names.
  await page.goto(`${viewer}/trace/${sent.traceId}?svcFilter=eb08.5`);
  await idle(page);
  assert.deepEqual(await trace.spans(), [ids["POST /checkout"], ids["reserve stock"], ids["SELECT stock"]]);
});

test("a trace of a file is not read again", async (t) => {
  const { viewer } = await server(t);
  const page = await open(t, viewer);
  await dropFile(page, "checkout.json", JSON.stringify(checkout().body));
  await new Trace(page).header.waitFor();
  assert.equal(await page.getByTestId("refresh").count(), 0);
});

test("a trace is downloaded as a file that opens again", async (t) => {
  const { viewer, otlp_http } = await server(t);
  const sent = checkout();
  await send(otlp_http, sent.body);
  const page = await open(t, `${viewer}/trace/${sent.traceId}`);
  const trace = new Trace(page);
  for (const format of ["Jaeger JSON", "OTLP JSON"]) {
    const begun = page.waitForEvent("download");
    await page.getByTestId("download").getByRole("button").first().click();
    await page.getByRole("menu").getByText(format).click();
    const file = await begun;
    assert.match(file.suggestedFilename(), new RegExp(`^${sent.traceId}\\.(jaeger|otlp)\\.json$`));
    const text = await readFile(await file.path(), "utf8");
    await dropFile(page, "again.json", text);
    assert.deepEqual(await trace.spans(), ["POST /checkout", "reserve stock", "SELECT stock", "charge card"].map((name) => sent.ids[name]), format);
    await page.goto(`${viewer}/trace/${sent.traceId}`);
    await idle(page);
  }
});
