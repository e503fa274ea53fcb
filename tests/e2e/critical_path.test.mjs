// The critical path: a line under the bars, only its spans, in words, in queries and as a table; by key, and by the address.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { axeSource, idle, open } from "./browser.mjs";
import { Trace } from "./pages/trace.mjs";
import { Views } from "./pages/views.mjs";
import { checkout } from "./spans.mjs";
import { fakeJaeger } from "./stage.mjs";

const alone = { allowed: [/Failed to load resource/] };

/** The checkout with a span beside the path: a log entry that is written while the card is charged. */
function withLog() {
  const sent = checkout();
  const [frontend] = sent.body.resourceSpans;
  const [root] = frontend.scopeSpans[0].spans;
  const begin = BigInt(root.startTimeUnixNano);
  const spanId = "00000000000000aa";
  frontend.scopeSpans[0].spans.push({
    traceId: sent.traceId, spanId, parentSpanId: root.spanId, name: "write log", kind: 1,
    startTimeUnixNano: `${begin + 36_000_000n}`, endTimeUnixNano: `${begin + 40_000_000n}`,
  });
  return { ...sent, ids: { ...sent.ids, "write log": spanId }, count: sent.count + 1 };
}

async function served(t, sent, query = "") {
  const files = await fakeJaeger(t, {
    api: (path) => {
      if (path.startsWith("/api/v3/traces/")) return { body: `{"result":${JSON.stringify(sent.body)}}`, type: "application/json" };
      return path.startsWith("/api/") ? { status: 404, body: "" } : undefined;
    },
  });
  const page = await open(t, `${files.url}/trace/${sent.traceId}${query}`, alone);
  return { page, trace: new Trace(page), views: new Views(page) };
}

const parameter = (page, name) => new URL(page.url()).searchParams.get(name);

/** The pixels of the waterfall's bars as text, to compare. */
const bars = (page) => page.evaluate(() => [...document.querySelectorAll(".waterfall canvas")].map((canvas) => canvas.toDataURL()).join());

test("a row and the details say how long the path is in a span, or how much slack it has", async (t) => {
  const sent = withLog();
  const { page, trace } = await served(t, sent);
  const words = (name) => page.locator(`[data-span-id="${sent.ids[name]}"] .span-row-bar`).getAttribute("aria-label");
  assert.match(await words("charge card"), /On the critical path for 50 ms \(56 %\)/);
  assert.match(await words("reserve stock"), /On the critical path for 12 ms \(13 %\)/);
  assert.match(await words("write log"), /Not on the critical path, slack 45 ms/);
  await trace.openDetail(sent.ids["write log"]);
  assert.match(await page.getByTestId("detail-path").innerText(), /slack 45 ms/);
});

test("a key hides the line, another shows only the spans on the path, and the address keeps both", async (t) => {
  const sent = withLog();
  const { page, trace } = await served(t, sent);
  const shown = await bars(page);
  await page.keyboard.press("c");
  await idle(page);
  assert.equal(parameter(page, "path"), "off");
  assert.notEqual(await bars(page), shown, "the line is gone");
  await page.keyboard.press("c");
  await idle(page);
  assert.equal(await bars(page), shown);
  await page.keyboard.press("Shift+C");
  await idle(page);
  assert.equal(parameter(page, "path"), "only");
  assert.equal((await trace.spans()).length, sent.count - 1);
  assert.equal(await page.getByTestId("filter").innerText(), "Only the critical path · Show all");
  await page.reload();
  await idle(page);
  assert.equal((await trace.spans()).length, sent.count - 1, "the address says it");
  await trace.look("critical_time > 40ms");
  assert.equal((await trace.spans()).length, sent.count - 1);
  await page.keyboard.press("Escape");
});

test("queries find spans by critical time and slack", async (t) => {
  const sent = withLog();
  const { trace } = await served(t, sent);
  for (const [query, names] of [
    ["critical_time > 14ms", ["POST /checkout", "charge card"]],
    ["slack > 1ms", ["write log"]],
    ["critical = false", ["write log"]],
  ]) {
    await trace.look(query);
    const found = await trace.marked("match");
    assert.deepEqual(new Set(found), new Set(names.map((name) => sent.ids[name])), query);
  }
});

test("the table of the path adds up to the trace's duration, by service, operation and span", async (t) => {
  const sent = withLog();
  const { page, trace, views } = await served(t, sent);
  await page.keyboard.press("t");
  await idle(page);
  assert.equal(await views.shown(), "critical");
  const figures = async () => {
    const times = await page.getByTestId("path-time").allInnerTexts();
    const shares = await page.getByTestId("path-share").allInnerTexts();
    const sum = (texts) => texts.reduce((total, text) => total + parseFloat(text), 0);
    assert.equal(sum(times).toFixed(3), "90.000");
    assert.equal(sum(shares).toFixed(2), "100.00");
    return page.getByTestId("path-name").allInnerTexts();
  };
  assert.deepEqual(await figures(), ["payment", "stock", "frontend"]);
  for (const [by, count] of [["Operation", 4], ["Span", 4]]) {
    await page.getByTestId("path-by").filter({ hasText: by }).click();
    await idle(page);
    assert.equal((await figures()).length, count);
  }
  assert.equal(parameter(page, "pathRows"), "span");
  await page.evaluate(await readFile(axeSource, "utf8"));
  const { violations } = await page.evaluate(() => axe.run());
  assert.deepEqual(violations.filter(({ impact }) => ["serious", "critical"].includes(impact)).map(({ id, nodes }) => `${id}: ${nodes[0].html}`), []);
  await page.getByTestId("path-by").filter({ hasText: "Service" }).click();
  await idle(page);
  await page.getByTestId("path-name").filter({ hasText: "stock" }).click();
  await idle(page);
  assert.equal(await views.shown(), "waterfall");
  assert.equal(parameter(page, "uiFind"), "service = stock and critical");
  assert.deepEqual(new Set(await trace.marked("match")), new Set([sent.ids["reserve stock"], sent.ids["SELECT stock"]]));
});
