// What the trace would be with a change, corrected times where clocks differ, and the quality of the instrumentation.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { idle, open, picture } from "./browser.mjs";
import { Trace } from "./pages/trace.mjs";
import { send } from "./spans.mjs";
import { server } from "./stage.mjs";

const hex = (bytes) => randomBytes(bytes).toString("hex");

/** An order with three prices one after the other, and a stock whose clock is 40 ms behind. */
function order() {
  const [traceId, begin, ids] = [hex(16), BigInt(Date.now() - 600_000) * 1_000_000n, {}];
  const time = (ms) => `${begin + BigInt(ms) * 1_000_000n}`;
  const text = (key, value) => ({ key, value: { stringValue: value } });
  const span = (id, name, kind, parent, from, to, attributes = []) => {
    ids[id] = hex(8);
    return { traceId, spanId: ids[id], parentSpanId: ids[parent] ?? "", name, kind, startTimeUnixNano: time(from), endTimeUnixNano: time(to), attributes };
  };
  const of = (service, ...spans) => ({ resource: { attributes: [text("service.name", service)] }, scopeSpans: [{ scope: { name: "e2e" }, spans }] });
  const shop = of(
    "shop",
    span("root", "POST /orders", 2, "", 100, 220, [text("http.method", "POST")]),
    span("one", "price", 3, "root", 100, 130),
    span("two", "price", 3, "root", 130, 160),
    span("three", "price", 3, "root", 160, 190),
    span("call", "reserve", 3, "root", 190, 210),
  );
  const stock = of("stock", span("get", "GET /stock/4711", 2, "call", 155, 165));
  return { traceId, ids, body: { resourceSpans: [shop, stock] } };
}

async function opened(t, query = "", more = {}) {
  const { viewer, otlp_http } = await server(t);
  const sent = order();
  await send(otlp_http, sent.body);
  const page = await open(t, `${viewer}/trace/${sent.traceId}${query}`, more);
  const asked = (name) => new URL(page.url()).searchParams.get(name);
  const result = () => page.getByTestId("what-if-result").textContent();
  return { page, sent, asked, result, trace: new Trace(page), address: `${viewer}/trace/${sent.traceId}` };
}

test("a span is tried out twice as fast by a key, then as a group in parallel, and the address says so", async (t) => {
  const { page, sent, asked, result, trace } = await opened(t);
  await trace.row(sent.ids.one).click();
  await page.keyboard.press("Shift+F");
  await idle(page);
  assert.equal(await result(), "105 ms instead of 120 ms (−12 %)");
  await page.getByTestId("what-if-factor").fill("3");
  await page.keyboard.press("Enter");
  await idle(page);
  assert.equal(await result(), "100 ms instead of 120 ms (−17 %)");
  await page.getByTestId("what-if-scope").selectOption("siblings");
  await page.getByTestId("what-if-change").selectOption("parallel");
  await idle(page);
  assert.equal(await page.getByTestId("what-if-name").textContent(), "shop: price (× 3)");
  assert.equal(await result(), "60 ms instead of 120 ms (−50 %)");
  assert.equal(asked("whatif"), `parallel~siblings~${sent.ids.one.replace(/^0+/, "")}`);
  await page.getByTestId("what-if-operations").locator("summary").click();
  const row = page.getByTestId("what-if-operations").locator("tbody tr").first();
  assert.deepEqual(await row.locator("td").allTextContents(), ["90 ms", "30 ms", "−60 ms"]);

  await page.reload();
  await idle(page);
  assert.equal(await result(), "60 ms instead of 120 ms (−50 %)");
  await page.getByTestId("what-if-change").press("Escape");
  await idle(page);
  assert.equal(await page.getByTestId("what-if").count(), 0);
  assert.equal(asked("whatif"), null);
});

test("times are corrected only when the reader says so, and the address keeps that", async (t) => {
  const { page, sent, asked, trace } = await opened(t);
  const bar = page.getByTestId("clocks");
  assert.match(await bar.textContent(), /Clocks differ: stock is about 40\u00a0ms behind shop\./);
  assert.match(await bar.textContent(), /Times are shown as sent\./);
  const start = async () => {
    await trace.openDetail(sent.ids.get);
    return trace.detail.locator(".detail-facts").textContent();
  };
  assert.match(await start(), /Start \+55 ms/);
  await page.getByTestId("clocks-corrected").check();
  await idle(page);
  assert.equal(asked("clocks"), "corrected");
  assert.match(await bar.textContent(), /The waterfall shows corrected times/);
  assert.match(await trace.detail.locator(".detail-facts").textContent(), /Start \+95 ms/);
  await page.reload();
  await idle(page);
  assert.ok(await page.getByTestId("clocks-corrected").isChecked());
  assert.match(await trace.detail.locator(".detail-facts").textContent(), /Start \+95 ms/);
  await page.getByTestId("clocks-corrected").uncheck();
  await idle(page);
  assert.match(await trace.detail.locator(".detail-facts").textContent(), /Start \+55 ms/);
});

test("the quality of the instrumentation has a score for each service, and shows the spans", async (t) => {
  const { page, sent, asked, trace } = await opened(t);
  await page.keyboard.press("Shift+I");
  await idle(page);
  assert.equal(asked("lint"), "1");
  assert.deepEqual(
    await page.getByTestId("lint-service").locator("h3").allTextContents(),
    ["78stock1 span", "88shop5 spans"],
  );
  const titles = await page.getByTestId("lint-issue").locator("b").allTextContents();
  assert.deepEqual(titles, ["High-cardinality span name", "Old semantic conventions"]);
  await page.getByTestId("lint-show").first().click();
  await idle(page);
  assert.equal(await trace.selected(), sent.ids.get);
  await page.getByTestId("lint").getByRole("button", { name: "Close instrumentation" }).click();
  await idle(page);
  assert.equal(await page.getByTestId("lint").count(), 0);
});

test("pictures of what if, corrected times and the lint", async (t) => {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [1440, 800]) {
      const { page, sent, trace, address } = await opened(t, "", { colorScheme, viewport: { width, height: 900 } });
      const id = sent.ids.one;
      await page.goto(`${address}?whatif=parallel~siblings~${id}&clocks=corrected`);
      await idle(page);
      await page.getByTestId("what-if-operations").locator("summary").click();
      await picture(page, `what-if-${colorScheme}-${width}`);
      await page.goto(`${address}?lint=1`);
      await idle(page);
      await picture(page, `lint-${colorScheme}-${width}`);
      await page.goto(address);
      await idle(page);
      await trace.openDetail(id);
      await picture(page, `what-if-button-${colorScheme}-${width}`);
    }
  }
});
