// How a service fares over time, from real orders; a point leads to the traces that it was computed from.

import assert from "node:assert/strict";
import { test } from "node:test";
import { order } from "./answers.mjs";
import { open, picture } from "./browser.mjs";
import { Monitor } from "./pages/monitor.mjs";
import { Search } from "./pages/search.mjs";
import { named, send, uneven } from "./spans.mjs";
import { server } from "./stage.mjs";

for (const way of ["pointer", "keyboard"]) {
  test(`a point opens its traces (${way})`, async (t) => {
    const stage = await server(t, { demo: true });
    const traces = [await order(stage), await order(stage), await order(stage)];
    const failing = await order(stage, { fail: true });
    const page = await open(t, `${stage.viewer}/monitor`);
    const monitor = new Monitor(page);
    await monitor.choose("gateway");
    assert.match(await monitor.note.innerText(), /\b4\b/, "says how many traces it was computed from");
    for (const kind of ["rate", "errors", "latency"]) assert.equal(await monitor.chart(kind).count(), 1, kind);

    await monitor.lastPoint("errors");
    await (way === "pointer" ? monitor.clickPoint("errors") : monitor.enterPoint("errors"));
    assert.match(page.url(), /\/search\?.*service=gateway/);
    const search = new Search(page);
    const found = await search.traces();
    assert.ok(found.includes(failing), `${failing} in ${found}`);
    for (const id of found) assert.ok([...traces, failing].includes(id), id);
  });
}

for (const colorScheme of ["light", "dark"]) {
  test(`percentiles are told apart by colour and by dash, in the chart as in its legend (${colorScheme})`, async (t) => {
    const { viewer, otlp_http } = await server(t);
    const at = Date.now() - 600_000;
    const traces = Array.from({ length: 900 }, (_, trace) => uneven(1 + (trace % 7), { at: at + (trace % 6) * 60_000 }));
    await send(otlp_http, { resourceSpans: traces.flatMap(({ body }) => body.resourceSpans) });
    const page = await open(t, `${viewer}/monitor?service=prices`, { colorScheme });
    const keys = await new Monitor(page).chart("latency").locator(".chart__key").evaluateAll((keys) =>
      keys.map((key) => {
        const { backgroundColor, backgroundImage } = getComputedStyle(key, "::before");
        return { label: key.textContent, ink: getComputedStyle(key).getPropertyValue("--chart-ink").trim(), swatch: `${backgroundColor} ${backgroundImage}` };
      }),
    );
    await picture(page, `monitor-percentiles-${colorScheme}`);
    assert.deepEqual(keys.map(({ label }) => label), ["p50", "p95", "p99"]);
    assert.equal(new Set(keys.map(({ swatch }) => swatch)).size, 3);
    assert.deepEqual(keys.map(({ swatch }) => /gradient/.test(swatch)), [false, false, true], "p99 is dashed");
  });
}

test("a service with hundreds of operations shows those that come first in the order, and more on demand", async (t) => {
  const { viewer, otlp_http } = await server(t);
  await send(otlp_http, named("items", Array.from({ length: 230 }, (_, number) => `GET /items/${String(number).padStart(3, "0")}`)));
  const page = await open(t, `${viewer}/monitor?service=items`);
  const monitor = new Monitor(page);
  const names = async () => Object.keys(await monitor.operations());
  assert.equal((await names()).length, 100);
  await monitor.sortByKey("Operation");
  assert.deepEqual([(await names())[0], (await names())[99]], ["GET /items/000", "GET /items/099"]);
  await monitor.sortByKey("Operation");
  assert.equal((await names())[0], "GET /items/229", "the order is that of all, not of those shown");
  const more = page.getByTestId("monitor-more");
  assert.equal(await more.innerText(), "Show more of 230");
  await more.scrollIntoViewIfNeeded();
  await picture(page, "monitor-operations");
  await more.press("Enter");
  assert.ok(await more.evaluate((button) => button === document.activeElement), "the focus stays");
  await more.click();
  assert.equal((await names()).length, 230);
  assert.equal(await more.count(), 0);
});
