// The trace page under fingers: two zoom where they are and pan, one pans sideways and scrolls up and down, a tap selects.

import assert from "node:assert/strict";
import { test } from "node:test";
import { idle, open } from "./browser.mjs";
import { Trace } from "./pages/trace.mjs";
import { repeated, send } from "./spans.mjs";
import { server } from "./stage.mjs";

/** The trace takes 200 ms, has more rows than the screen, and is shown on a tablet. */
async function opened(t) {
  const { viewer, otlp_http } = await server(t);
  const sent = repeated(200);
  await send(otlp_http, sent.body);
  const page = await open(t, `${viewer}/trace/${sent.traceId}`, { viewport: { width: 820, height: 900 }, hasTouch: true });
  const trace = new Trace(page);
  const fingers = await page.context().newCDPSession(page);
  const touch = (type, ...points) => fingers.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
  /** Moves fingers along their ways, given as `[x, y, x, y]`. */
  const move = async (...ways) => {
    const at = (share) => ways.map(([x, y, toX, toY]) => [x + (toX - x) * share, y + (toY - y) * share]);
    await touch("touchStart", ...at(0));
    for (let step = 1; step <= 10; step++) await touch("touchMove", ...at(step / 10));
    await touch("touchEnd");
    await idle(page);
  };
  const range = () => (new URL(page.url()).searchParams.get("range") ?? "0-199900000").split("-").map((time) => time / 1e6);
  const box = await trace.canvas.boundingBox();
  return { page, trace, sent, move, touch, range, box, x: (share) => box.x + box.width * share, y: box.y + 150 };
}

const near = (real, wanted, told) => assert.ok(Math.abs(real - wanted) < 3, `${told}: ${real} ms, not ${wanted} ms`);

test("two fingers zoom at the place between them, and take it along", async (t) => {
  const { move, range, x, y } = await opened(t);
  // From a quarter of the width to a half of it, around the middle: what was between the fingers stays under them.
  await move([x(0.375), y, x(0.25), y], [x(0.625), y, x(0.75), y]);
  let [begin, end] = range();
  near(begin, 50, "begin");
  near(end, 150, "end");
  // Together to the right by a quarter: earlier time comes in.
  await move([x(0.25), y, x(0.5), y], [x(0.5), y, x(0.75), y]);
  [begin, end] = range();
  near(begin, 25, "begin after both moved");
  near(end - begin, 100, "what is shown after both moved");
  // And closer together: out again.
  await move([x(0.2), y, x(0.4), y], [x(0.8), y, x(0.6), y]);
  assert.equal(range()[1] - range()[0], 199.9);
});

test("a finger pans sideways once there is something to pan, scrolls up and down, and taps", async (t) => {
  const { page, trace, sent, move, range, x, y, box } = await opened(t);
  await move([x(0.375), y, x(0.25), y], [x(0.625), y, x(0.75), y]);
  await move([x(0.5), y, x(0.75), y]);
  near(range()[0], 25, "begin");
  near(range()[1], 125, "end");
  const top = () => trace.waterfall.evaluate((list) => list.scrollTop);
  const before = range();
  assert.equal(await top(), 0);
  await move([x(0.5), y + 200, x(0.5), y]);
  await page.waitForFunction(() => document.querySelector('[data-test="waterfall"]').scrollTop > 100);
  await idle(page);
  assert.deepEqual(range(), before, "scrolling pans nothing");
  await page.touchscreen.tap(box.x - 200, y);
  await idle(page);
  assert.ok(await trace.selected(), "a tap selects");
  assert.notEqual(await trace.selected(), sent.ids["GET /basket"]);
  assert.equal(await trace.detail.count(), 1);
});

test("a finger drags the minimap's grips and its lens", async (t) => {
  const { page, move, range } = await opened(t);
  const band = await page.getByTestId("minimap").boundingBox();
  const [at, y] = [(share) => band.x + band.width * share, band.y + 30];
  await move([at(0) + 5, y, at(0.25), y]);
  near(range()[0], 50, "begin");
  await move([at(1) - 5, y, at(0.5), y]);
  near(range()[1], 100, "end");
  await move([at(0.375), y, at(0.625), y]);
  near(range()[0], 100, "begin of the lens");
  near(range()[1], 150, "end of the lens");
});
