// The engine in its worker: what happens when it breaks, and when nobody waits for its answer any more.

import assert from "node:assert/strict";
import { test } from "node:test";
import { dropFile, idle, open } from "./browser.mjs";
import { Frame } from "./pages/frame.mjs";
import { Problem } from "./pages/problem.mjs";
import { Trace } from "./pages/trace.mjs";
import { checkout } from "./spans.mjs";
import { fakeJaeger } from "./stage.mjs";

const api = (answer) => (path) => (path.startsWith("/api/") ? (answer(path) ?? { status: 404, body: "" }) : undefined);
const alone = [/Failed to load resource/];

/** Breaks the page's worker as a fault of ours would, and waits until it is gone and the page has started another. */
async function breakWorker(page) {
  const [worker] = page.workers();
  const another = page.waitForEvent("worker");
  const gone = new Promise((done) => worker.once("close", done));
  await worker.evaluate(() => void setTimeout(() => { throw new Error("broken on purpose"); }));
  // The browser reports both, in either order.
  await Promise.all([another, gone]);
}

test("a worker that breaks is replaced, and the next question is answered: a trace of a backend", async (t) => {
  const sent = checkout();
  const traces = [];
  const { url } = await fakeJaeger(t, { api: api((path) => path.startsWith("/api/v3/traces/") && traces.push(path) && { body: JSON.stringify({ result: sent.body }) }) });
  const page = await open(t, `${url}/trace/${sent.traceId}`, { allowed: [...alone, /broken on purpose/] });
  const trace = new Trace(page);
  assert.equal((await trace.spans()).length, sent.count);
  assert.equal(traces.length, 1);
  await breakWorker(page);
  await trace.openDetail(sent.ids["charge card"]);
  assert.match(await trace.detail.innerText(), /credit_card/);
  assert.equal(traces.length, 2, "the new worker asked for the trace again");
});

test("a worker that breaks is replaced, and the next question is answered: a trace of a file", async (t) => {
  const sent = checkout();
  const { url } = await fakeJaeger(t, { api: api(() => undefined) });
  const page = await open(t, `${url}/`, { allowed: [...alone, /broken on purpose/] });
  await dropFile(page, "checkout.json", JSON.stringify(sent.body));
  await breakWorker(page);
  const trace = new Trace(page);
  await trace.openDetail(sent.ids["charge card"]);
  assert.match(await trace.detail.innerText(), /credit_card/);
});

/** Takes all memory that the engine may still get, so that its next larger allocation fails. */
async function takeMemory(page) {
  const [worker] = page.workers();
  return worker.evaluate(async () => {
    // The program is instantiated already: this gives its exports.
    const { default: init } = await import(new URL("spandrel.js", location.href).href);
    const { memory } = await init();
    for (let pages = 1 << 15; pages > 0; pages >>= 1) {
      try {
        for (;;) memory.grow(pages);
      } catch {
        // So many are not left.
      }
    }
    return memory.buffer.byteLength;
  });
}

/** A file of that many bytes at least. */
function large(sent, bytes) {
  const body = structuredClone(sent.body);
  const { spans } = body.resourceSpans[0].scopeSpans[0];
  const filler = { ...spans[0], parentSpanId: spans[0].spanId, attributes: [{ key: "filler", value: { stringValue: "x".repeat(1 << 20) } }] };
  for (let number = 0; number * (1 << 20) < bytes; number++) {
    spans.push({ ...filler, spanId: (0xf000 + number).toString(16).padStart(16, "0") });
  }
  return JSON.stringify(body);
}

test("a worker that gets no more memory is replaced, and a problem says so", async (t) => {
  const sent = checkout();
  const { url } = await fakeJaeger(t, { api: api(() => undefined) });
  const page = await open(t, `${url}/`, { allowed: [...alone, /unreachable/] });
  await dropFile(page, "checkout.json", JSON.stringify(sent.body));
  assert.equal((await new Trace(page).spans()).length, sent.count);
  assert.ok((await takeMemory(page)) > 1 << 30, "more than a gigabyte was to be had");
  const another = page.waitForEvent("worker");
  await dropFile(page, "large.json", large(sent, 24 << 20));
  await another;
  await new Problem(page).says(/ran out of memory/);
  await dropFile(page, "small.json", JSON.stringify(checkout().body));
  assert.equal((await new Trace(page).spans()).length, sent.count, "the next file opens");
  assert.equal(await page.getByTestId("problem").count(), 0);
});

/** The checkout as it is once a span has come that started before most others: all indices but the root's are others. */
function withEarlierSpan(sent) {
  const body = structuredClone(sent.body);
  const [root] = body.resourceSpans[0].scopeSpans[0].spans;
  const startTimeUnixNano = `${BigInt(root.startTimeUnixNano) + 1_000_000n}`;
  const attributes = [{ key: "late", value: { stringValue: "arrived late" } }];
  body.resourceSpans[0].scopeSpans[0].spans.push({
    ...root, spanId: "00000000000000aa", parentSpanId: root.spanId, name: "check session", startTimeUnixNano, endTimeUnixNano: `${BigInt(startTimeUnixNano) + 2_000_000n}`, attributes,
  });
  return body;
}

// The page kept its old outline and repeated an index of it to the new worker: the head of one span, the attributes of another.
test("a worker that is replaced has a newer trace: the page shows it before it asks about a span", async (t) => {
  const sent = checkout();
  let body = sent.body;
  const { url } = await fakeJaeger(t, { api: api((path) => path.startsWith("/api/v3/traces/") && { body: JSON.stringify({ result: body }) }) });
  const page = await open(t, `${url}/trace/${sent.traceId}`, { allowed: [...alone, /broken on purpose/] });
  const trace = new Trace(page);
  assert.equal((await trace.spans()).length, sent.count);
  await breakWorker(page);
  body = withEarlierSpan(sent);
  await trace.openDetail(sent.ids["reserve stock"]);
  assert.equal(await trace.detail.getAttribute("data-span-id"), sent.ids["reserve stock"]);
  assert.deepEqual(new Set(await trace.spans()), new Set([...Object.values(sent.ids), "00000000000000aa"]), "the span that arrived meanwhile is shown");
  const shown = await trace.detail.innerText();
  assert.match(shown, /reserve stock/);
  assert.doesNotMatch(shown, /arrived late/);
  await trace.openDetail("00000000000000aa");
  assert.match(await trace.detail.innerText(), /check session[^]*arrived late/);
  await trace.openDetail(sent.ids["charge card"]);
  assert.match(await trace.detail.innerText(), /charge card[^]*credit_card/);
  await trace.look("payment.method=credit_card");
  assert.deepEqual(await trace.marked("match"), [sent.ids["charge card"]]);
});

test("what is loading says how far it is, and is given up when the page is left", async (t) => {
  const sent = checkout();
  const text = JSON.stringify({ result: sent.body });
  let gone;
  const left = new Promise((closed) => (gone = closed));
  // Up to the last span, and then nothing more.
  const stream = (response) => {
    response.writeHead(200, { "content-type": "application/json" }).write(text.slice(0, text.lastIndexOf('"spanId"')));
    response.once("close", () => gone(response.writableEnded));
  };
  const { url } = await fakeJaeger(t, { api: api((path) => path.startsWith("/api/v3/traces/") && { stream }) });
  const page = await open(t, `${url}/settings`, { allowed: alone });
  await page.evaluate((path) => { history.pushState(null, "", path); dispatchEvent(new PopStateEvent("popstate")); }, `/trace/${sent.traceId}`);
  const loading = page.getByTestId("loading");
  await loading.getByText("KB · 3 spans so far").waitFor();
  await new Frame(page).go("settings");
  assert.equal(await left, false, "the backend sees that nobody listens any more");
  await idle(page);
  assert.equal(await loading.count(), 0);
});
