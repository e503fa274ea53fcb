// A trace file is dropped on the page, and opens with no server behind it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { dropFile, idle, isKept, open, partsLoaded } from "./browser.mjs";
import { Problem } from "./pages/problem.mjs";
import { Search } from "./pages/search.mjs";
import { Trace } from "./pages/trace.mjs";
import { Views } from "./pages/views.mjs";
import { checkout } from "./spans.mjs";
import { fakeJaeger, server } from "./stage.mjs";

// The page asks its origin for services, and there is nothing behind it: that is the journey's subject.
const alone = { allowed: [/Failed to load resource/] };

test("a dropped file opens after the server has gone", async (t) => {
  const files = await fakeJaeger(t, { api: (path) => (path.startsWith("/api/") ? { status: 404, body: "" } : undefined) });
  const page = await open(t, `${files.url}/`, alone);
  await partsLoaded(page);
  await files.stop();
  const sent = checkout();
  await dropFile(page, "checkout.json", JSON.stringify(sent.body));
  const trace = new Trace(page);
  await trace.header.waitFor();
  assert.equal((await trace.spans()).length, sent.count);
  await trace.openDetail(sent.ids["charge card"]);
  assert.match(await trace.detail.innerText(), /credit_card/);
  // Another view of the trace, and an analysis in the worker.
  const views = new Views(page);
  await views.choose("flame");
  assert.equal(await views.shown(), "flame");
  await trace.look("credit_card");
  assert.match(await trace.count(), /1/);
});

test("a file with the very trace that is shown takes its place", async (t) => {
  const files = await fakeJaeger(t, { api: (path) => (path.startsWith("/api/") ? { status: 404, body: "" } : undefined) });
  const page = await open(t, `${files.url}/`, alone);
  const sent = checkout();
  const short = structuredClone(sent.body);
  short.resourceSpans.pop();
  await dropFile(page, "short.json", JSON.stringify(short));
  const trace = new Trace(page);
  assert.equal((await trace.spans()).length, sent.count - 1);
  await dropFile(page, "whole.json", JSON.stringify(sent.body));
  assert.equal((await trace.spans()).length, sent.count);
  await trace.openDetail(sent.ids["charge card"]);
  assert.match(await trace.detail.innerText(), /credit_card/);
});

test("a file that is opened while another is being read takes its place", async (t) => {
  const files = await fakeJaeger(t, { api: (path) => (path.startsWith("/api/") ? { status: 404, body: "" } : undefined) });
  const page = await open(t, `${files.url}/search?from=files`, alone);
  const sent = checkout();
  await page.evaluate((small) => {
    const span = (id) => ({
      traceId: "c".repeat(32), spanId: (id + 1).toString(16).padStart(16, "0"), parentSpanId: id ? "0000000000000001" : "",
      name: "big", startTimeUnixNano: "1700000000000000000", endTimeUnixNano: "1700000000001000000",
    });
    const big = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: Array.from({ length: 100_000 }, (_, id) => span(id)) }] }] });
    for (const [name, text] of [["big.json", big], ["small.json", small]]) {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([text], name, { type: "application/json" }));
      document.body.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer }));
    }
  }, JSON.stringify(sent.body));
  const trace = new Trace(page);
  await trace.header.waitFor();
  await idle(page);
  assert.equal((await trace.spans()).length, sent.count);
  // Nothing of the other one comes later.
  await page.waitForTimeout(1_500);
  await idle(page);
  assert.match(page.url(), new RegExp(sent.traceId));
  assert.equal((await trace.spans()).length, sent.count);
});

test("a broken file is refused with the place and the cause, and the page goes on", async (t) => {
  const files = await fakeJaeger(t, { api: (path) => (path.startsWith("/api/") ? { status: 404, body: "" } : undefined) });
  const page = await open(t, `${files.url}/`, alone);
  const sent = checkout();
  const text = JSON.stringify(sent.body);
  await dropFile(page, "cut.json", text.slice(0, 200));
  await new Problem(page).says(/cut\.json/, /byte 200/, /cut short/);
  await dropFile(page, "zipkin.json", JSON.stringify([{ traceId: "1".repeat(16), id: "2".repeat(16), name: "get", localEndpoint: { serviceName: "a" }, timestamp: 1, duration: 2 }]));
  assert.equal((await new Trace(page).spans()).length, 1, "a list of Zipkin's opens");
  await dropFile(page, "whole.json", text);
  assert.equal((await new Trace(page).spans()).length, sent.count);
});

test("a file that was cut off shows the spans that are whole, and says that more may be missing", async (t) => {
  const files = await fakeJaeger(t, { api: (path) => (path.startsWith("/api/") ? { status: 404, body: "" } : undefined) });
  const page = await open(t, `${files.url}/`, alone);
  const text = JSON.stringify(checkout().body);
  await dropFile(page, "cut.json", text.slice(0, text.lastIndexOf('"spanId"')));
  assert.equal((await new Trace(page).spans()).length, 3);
  assert.match(await page.getByTestId("warnings").textContent(), /ends in the middle.*more may be missing/);
});

for (const way of ["mouse", "keyboard"]) {
  test(`a file is chosen, its link says what it can do, and a reload finds it again (${way})`, async (t) => {
    const { viewer } = await server(t);
    const page = await open(t, viewer, { permissions: ["clipboard-read", "clipboard-write"] });
    const sent = checkout();
    const press = (button) => (way === "mouse" ? button.click() : button.press("Enter"));
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), press(page.getByTestId("empty-open-file"))]);
    await chooser.setFiles({ name: "checkout.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(sent.body)) });
    await page.getByTestId("trace-file").waitFor();
    await idle(page);
    await kept(page, sent.traceId);
    const link = page.getByTestId("copy-link");
    assert.match(await link.getAttribute("title"), /opens here only/);
    await press(link);
    await page.getByTestId("tools-said").getByText("The link opens in this browser only").waitFor();
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), new RegExp(`/trace/${sent.traceId}`));
    await page.reload();
    await idle(page);
    assert.equal(await page.getByTestId("trace-file").innerText(), "checkout.json");
  });

  test(`a first visit offers a sample trace and names the server's ports (${way})`, async (t) => {
    const { viewer, otlp_http } = await server(t);
    const page = await open(t, viewer);
    assert.match(await page.getByTestId("empty").innerText(), new RegExp(`OTLP over HTTP to port ${otlp_http.match(/\d+$/)[0]}\\b`));
    assert.match(await page.getByTestId("nav-demo").getAttribute("title"), /simulated in this browser/, "there is no demo here");
    const sample = page.getByTestId("empty-open-sample");
    await (way === "mouse" ? sample.click() : sample.press("Enter"));
    await page.getByTestId("trace-file").waitFor();
    await idle(page);
    assert.ok((await new Trace(page).spans()).length > 5);
    assert.equal(await page.getByTestId("trace-file").innerText(), "sample trace");
  });
}

test("a reload finds the file again, and so does another tab", async (t) => {
  const { viewer } = await server(t);
  const page = await open(t, viewer, { allowed: [/status of 404/] });
  const sent = checkout();
  await dropFile(page, "checkout.json", JSON.stringify(sent.body));
  const trace = new Trace(page);
  assert.equal(await page.getByTestId("trace-file").innerText(), "checkout.json");
  await kept(page, sent.traceId);
  await page.reload();
  await idle(page);
  assert.equal((await trace.spans()).length, sent.count);
  await trace.openDetail(sent.ids["charge card"]);
  assert.match(await trace.detail.innerText(), /credit_card/);

  const other = await page.context().newPage();
  await other.goto(`${viewer}/trace/${sent.traceId}`);
  await idle(other);
  assert.equal((await new Trace(other).spans()).length, sent.count);

  await page.goto(`${viewer}/settings`);
  await page.getByTestId("settings-delete-files").click();
  await page.getByText("Deleted.").waitFor();
  await page.goto(`${viewer}/trace/${sent.traceId}`);
  await new Problem(page).says(/has no trace with this ID/);
});

test("of several files a broken one is named and keeps no other from opening, also after a reload", async (t) => {
  const { viewer } = await server(t);
  const page = await open(t, viewer);
  const [first, second] = [checkout(), checkout()];
  const texts = [["first.json", JSON.stringify(first.body)], ["broken.json", "{\"resourceSpans\": 7"], ["second.json", JSON.stringify(second.body)]];
  await page.getByTestId("file-input").setInputFiles(texts.map(([name, text]) => ({ name, mimeType: "application/json", buffer: Buffer.from(text) })));
  await idle(page);
  const both = new Set([first.traceId, second.traceId]);
  assert.deepEqual(new Set(await new Search(page).traces()), both);
  assert.match(await page.locator("main").textContent(), /broken\.json/);
  await kept(page, first.traceId);
  await page.reload();
  await idle(page);
  assert.deepEqual(new Set(await new Search(page).traces()), both);
});

/** Waits until the browser keeps a file with that trace. */
function kept(page, traceId) {
  return page.waitForFunction(isKept, traceId);
}
