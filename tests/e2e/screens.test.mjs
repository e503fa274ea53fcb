// Every page in narrow windows and at 200 % zoom: nothing is cut off at the side, rows stay visible, grips are large enough,
// and each page has a heading of its own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { idle, open } from "./browser.mjs";
import { Trace } from "./pages/trace.mjs";
import { checkout, repeated, send } from "./spans.mjs";
import { server } from "./stage.mjs";

const PAGES = ["search?service=frontend&lookback=1h&limit=20", "dependencies", "dependencies?list=1", "monitor?service=frontend", "demo", "settings", "about", "nowhere", "trace/nothing"];
const VIEWS = ["statistics", "flame", "spans", "events", "graph", "sequence", "lanes", "critical", "json", "logs"];
const allowed = [/status of 40\d/, /status of 50\d/];

/** Elements that reach over the right edge of the window and cannot be scrolled to. Runs in the page. */
function cutOff() {
  const scrolls = (element) => /auto|scroll/.test(getComputedStyle(element).overflowX);
  const clips = (element) => /hidden|clip/.test(getComputedStyle(element).overflowX);
  const cut = [];
  for (const element of document.querySelectorAll("button, a, input, select, h1, h2, label")) {
    const { right, width, height } = element.getBoundingClientRect();
    if (right <= innerWidth + 1 || width < 2 || height < 2 || element.closest(".unseen")) continue;
    let parent = element.parentElement;
    while (parent && !scrolls(parent)) parent = parent.parentElement;
    if (!parent) cut.push(`${element.tagName} ${element.className} ${element.textContent.slice(0, 20)} ends at ${Math.round(right)}`);
  }
  if (document.documentElement.scrollWidth > innerWidth && !clips(document.body)) cut.push("the page scrolls sideways");
  return cut;
}

for (const [name, viewport] of [["320 px", { width: 320, height: 700 }], ["200 % zoom", { width: 720, height: 450 }], ["1024 px", { width: 1024, height: 768 }]]) {
  test(`nothing is cut off: ${name}`, async (t) => {
    const { viewer, otlp_http } = await server(t);
    const sent = checkout();
    await send(otlp_http, sent.body);
    const page = await open(t, viewer, { viewport, allowed });
    const views = VIEWS.map((view) => `trace/${sent.traceId}?view=${view}`);
    for (const address of [...PAGES, `trace/${sent.traceId}`, ...views]) {
      await page.goto(`${viewer}/${address}`);
      await idle(page);
      assert.deepEqual(await page.evaluate(cutOff), [], address);
      const headings = await page.locator("h1").count();
      assert.equal(headings, 1, `${address} has one h1`);
    }
  });
}

test("at 200 % zoom 8 rows of a trace and 3 of a list are seen", async (t) => {
  const { viewer, otlp_http } = await server(t);
  const sent = repeated(30);
  await send(otlp_http, sent.body);
  const page = await open(t, `${viewer}/trace/${sent.traceId}`, { viewport: { width: 720, height: 450 } });
  const seen = await new Trace(page).rows.evaluateAll((rows) => {
    const whole = (row) => {
      const { top, bottom } = row.getBoundingClientRect();
      return top >= 0 && bottom <= innerHeight;
    };
    return rows.filter(whole).length;
  });
  assert.ok(seen >= 8, `${seen} rows`);
});

test("at 200 % zoom 8 rows stay visible beside open details", async (t) => {
  const { viewer, otlp_http } = await server(t);
  const sent = repeated(30);
  await send(otlp_http, sent.body);
  const page = await open(t, `${viewer}/trace/${sent.traceId}`, { viewport: { width: 720, height: 450 } });
  const trace = new Trace(page);
  await trace.openDetail((await trace.spans())[2]);
  const seen = await trace.rows.evaluateAll((rows) => {
    const whole = (row) => {
      const { left, top, bottom } = row.getBoundingClientRect();
      // Not below the details, nor cut by the edge of the rows.
      const isHit = [top + 2, bottom - 2].every((y) => row.contains(document.elementFromPoint(left + 40, y)));
      return top >= 0 && bottom <= innerHeight && isHit;
    };
    return rows.filter(whole).length;
  });
  assert.ok(seen >= 8, `${seen} rows`);
  const { y, height } = await trace.detail.boundingBox();
  assert.ok(y + 80 <= 450 && height >= 100, `details of ${height} px at ${y}`);
});

test("at 320 px a trace opens at its start, and the critical path's sentence has the whole width", async (t) => {
  const { viewer, otlp_http } = await server(t);
  const sent = checkout();
  await send(otlp_http, sent.body);
  const page = await open(t, `${viewer}/trace/${sent.traceId}`, { viewport: { width: 320, height: 700 } });
  await page.waitForFunction(() => document.activeElement.matches(".waterfall-scroll"));
  assert.equal(await page.locator(".trace-page").evaluate((page) => page.scrollTop), 0);
  await page.goto(`${viewer}/trace/${sent.traceId}?view=critical`);
  await idle(page);
  const [head, sentence] = [await page.locator(".path-table-head").boundingBox(), await page.getByTestId("path-sum").boundingBox()];
  assert.ok(sentence.width >= head.width - 40, `${sentence.width} of ${head.width} px`);
});

test("grips are 24 px, by pointer and by key", async (t) => {
  const { viewer, otlp_http } = await server(t);
  const sent = checkout();
  await send(otlp_http, sent.body);
  const page = await open(t, `${viewer}/trace/${sent.traceId}`);
  await new Trace(page).openDetail(sent.ids["charge card"]);
  const grips = page.locator('[role="separator"], .minimap-grip');
  assert.ok((await grips.count()) >= 4);
  const sizes = await grips.evaluateAll((grips) =>
    grips.map((grip) => {
      // The part that takes the pointer may be larger than what is seen: it is measured by what is hit.
      const { left, top, width, height } = grip.getBoundingClientRect();
      const hit = (x, y) => grip.contains(document.elementFromPoint(x, y));
      const across = (x, y) => [...Array(81).keys()].filter((at) => (width < height ? hit(x + at - 40, y) : hit(x, y + at - 40))).length;
      // At its widest place.
      const along = [...Array(40).keys()].map((at) => (at + 0.5) / 40);
      return Math.max(...along.map((at) => (width < height ? across(left + width / 2, top + height * at) : across(left + width * at, top + height / 2))));
    }),
  );
  for (const size of sizes) assert.ok(size >= 24, `${sizes}`);
});

test("the frame of the focused view is drawn for those who use keys, above the rows", async (t) => {
  const { viewer, otlp_http } = await server(t);
  const sent = checkout();
  await send(otlp_http, sent.body);
  const page = await open(t, `${viewer}/trace/${sent.traceId}`);
  const frame = (selector) => page.locator(selector).evaluate((element) => getComputedStyle(element, "::after").borderTopWidth);
  assert.ok(await new Trace(page).waterfall.evaluate((tree) => tree === document.activeElement), "the tree has the focus");
  assert.equal(await frame(".waterfall-board"), "0px", "no frame when an address is opened");
  await page.keyboard.press("j");
  assert.equal(await frame(".waterfall-board"), "2px");
  await page.mouse.click(700, 400);
  assert.equal(await frame(".waterfall-board"), "0px");
  await page.keyboard.press("2");
  await idle(page);
  await page.waitForFunction(() => document.activeElement.matches(".table"));
  const border = await page.locator(".table").evaluate((table) => getComputedStyle(table).borderTopColor);
  assert.notEqual(border, "rgba(0, 0, 0, 0)", "a border of the table, which no row covers");
});
