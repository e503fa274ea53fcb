// Events at their ticks: a note tells of them, by pointer, by key and by finger, and goes when one looks elsewhere.

import assert from "node:assert/strict";
import { test } from "node:test";
import { idle, open } from "./browser.mjs";
import { Trace } from "./pages/trace.mjs";
import { eventful, send } from "./spans.mjs";
import { server } from "./stage.mjs";

async function opened(t, more = {}) {
  const { viewer, otlp_http } = await server(t);
  const sent = eventful();
  await send(otlp_http, sent.body);
  const page = await open(t, `${viewer}/trace/${sent.traceId}`, more);
  const trace = new Trace(page);
  const [root, step] = [sent.id(0), sent.id(1)];
  const point = async (span, share, off = 0) => {
    const [x, y] = await trace.moment(span, share);
    await page.mouse.move(x + off, y);
  };
  const gone = () => trace.note.waitFor({ state: "detached" });
  return { page, trace, root, step, point, gone };
}

test("a tick that is pointed at says when at once and what as soon as it is known, as the detail does", async (t) => {
  const { page, trace, root, point, gone } = await opened(t);
  await point(root, 0.3);
  assert.equal(await trace.note.count(), 0, "where there is no event there is no note");
  await point(root, 0.1, 3);
  await trace.note.waitFor();
  const first = await trace.note.textContent();
  assert.match(first, /\+100 ms.*\+100 ms in the trace/);
  await trace.note.getByText("cache.miss").waitFor();
  assert.deepEqual(await trace.note.locator("dl > *").allTextContents(), ["cache.name", "prices", "sku", "sku-7"]);
  assert.equal(await trace.row(root).locator(".span-row-bar").evaluate((bar) => getComputedStyle(bar).cursor), "pointer");
  const mark = await page.locator(".waterfall-tick").boundingBox();
  const [x] = await trace.moment(root, 0.1);
  assert.ok(Math.abs(mark.x + mark.width / 2 - x) < 1.5, "the tick is marked");
  const facts = (text) => text.replaceAll(/\s+/g, "");
  const noted = facts(await trace.note.locator(".detail-event-head").textContent());
  await point(root, 0.3);
  await gone();
  assert.ok(await page.locator(".waterfall-tick").isHidden());

  await trace.openDetail(root);
  const event = trace.detail.getByTestId("event").first();
  assert.equal(facts(await event.locator(".detail-event-head").textContent()), noted, "the detail says the same");
  assert.deepEqual(await event.locator(".attribute-key").allTextContents(), ["cache.name", "sku"]);
  assert.deepEqual(await event.locator(".attribute-value").allTextContents(), ["prices", "sku-7"]);
});

test("a child's event is told from its own begin, and the note can be gone over, and goes with Escape and a scroll", async (t) => {
  const { page, trace, step, point, gone } = await opened(t);
  await point(step, 0.3);
  await trace.note.getByText("half").waitFor();
  assert.match(await trace.note.textContent(), /\+100 ms.*half.*\+300 ms in the trace/);
  const box = await trace.note.boundingBox();
  await page.mouse.move(box.x + 20, box.y + 10, { steps: 4 });
  await idle(page);
  assert.ok(await trace.note.isVisible(), "whoever goes into it may read and copy");
  await page.mouse.move(box.x + 20, box.y + box.height + 60, { steps: 4 });
  await gone();

  await point(step, 0.3);
  await trace.note.waitFor();
  await page.keyboard.press("Escape");
  await gone();
  await point(step, 0.3, 1);
  await trace.note.waitFor();
  await page.mouse.wheel(0, 200);
  await gone();
});

test("events that share a pixel are listed and counted, and the note stays in the window", async (t) => {
  for (const colorScheme of ["light", "dark"]) {
    const { page, trace, root, point } = await opened(t, { viewport: { width: 800, height: 500 }, colorScheme });
    await point(root, 0.5);
    await trace.note.getByText("row 4").waitFor();
    const names = await trace.note.locator(".detail-event-name").allTextContents();
    assert.deepEqual(names, ["row 0", "row 1", "row 2", "row 3", "row 4"]);
    await trace.note.getByText("and 3 more events here").waitFor();
    await point(root, 0.985);
    await trace.note.getByText("flush").waitFor();
    const within = () => trace.note.evaluate((note) => {
      const { left, right, top, bottom } = note.getBoundingClientRect();
      return left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
    });
    await idle(page);
    assert.ok(await within());
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page has not grown");
  }
});

test("keys go from event to event of the selected span, also to those that are out of the time shown", async (t) => {
  const { page, trace, root, gone } = await opened(t);
  await page.keyboard.press("e");
  assert.equal(await trace.note.count(), 0, "nothing is selected");
  await page.keyboard.press("j");
  await idle(page);
  assert.equal(await trace.selected(), root);
  await page.keyboard.press("e");
  await trace.note.getByText("cache.miss").waitFor();
  for (let step = 0; step < 3; step++) await page.keyboard.press("+");
  await idle(page);
  await gone();
  await page.keyboard.press("Shift+E");
  await trace.note.getByText("flush").waitFor();
  await idle(page);
  const [begin, end] = new URL(page.url()).searchParams.get("range").split("-").map(Number);
  assert.ok(begin < 985e6 && 985e6 <= end, "the time has followed");
  assert.ok(Math.abs(end - begin - 512e6) < 1e6, "as much of it as before");
  await page.keyboard.press("Shift+E");
  await trace.note.getByText("row 7").waitFor();
  assert.equal(await trace.note.locator(".detail-event-name").count(), 1, "keys tell one from another");
  await page.keyboard.press("e");
  await trace.note.getByText("flush").waitFor();
  await page.keyboard.press("e");
  await gone();
});

test("a tap on a tick tells of it, a tap beside it selects", async (t) => {
  const { page, trace, root, step, gone } = await opened(t, { viewport: { width: 820, height: 700 }, hasTouch: true });
  const tap = async (span, share, off = 0) => {
    const [x, y] = await trace.moment(span, share);
    await page.touchscreen.tap(x + off, y);
  };
  await tap(root, 0.1, 9);
  await trace.note.getByText("cache.miss").waitFor();
  assert.equal(await trace.selected(), null, "nothing else happens");
  await tap(step, 0.8);
  await gone();
  await idle(page);
  assert.equal(await trace.selected(), step);
});
