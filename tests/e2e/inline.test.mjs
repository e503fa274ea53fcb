// Details between the rows of the waterfall: several at once, where the rows and their bars are, what keys, find and the
// address do with them, and that a long trace keeps no more of them in the page than are seen.

import assert from "node:assert/strict";
import { test } from "node:test";
import { idle, open, picture } from "./browser.mjs";
import { Trace } from "./pages/trace.mjs";
import { checkout, send, steps } from "./spans.mjs";
import { server } from "./stage.mjs";

/** A trace of a root and as many steps, each as long as all of it, opened with that query. */
async function opened(t, count, query = "", how = {}) {
  const { viewer, otlp_http } = await server(t);
  const sent = steps(count);
  for (const body of sent.bodies) await send(otlp_http, body);
  const page = await open(t, `${viewer}/trace/${sent.traceId}?detail=inline${query}`, how);
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
    await idle(page);
  };
  return { page, trace: new Trace(page), id: sent.id, press, otlp_http, sent };
}

/** Fails unless every row that is seen has its bar, drawn to the height of the row, and no drawer has any. */
async function aligned(trace) {
  const wrong = await trace.waterfall.evaluate((tree) => {
    const canvas = tree.querySelector('[data-test="waterfall-canvas"]');
    const { top, height, width } = canvas.getBoundingClientRect();
    const ratio = canvas.height / height;
    const context = canvas.getContext("2d");
    // Away from the lines of the grid and from labels, which stand at the end.
    const painted = (y) => {
      const at = Math.round((y - top) * ratio);
      if (at < 0 || at >= canvas.height) return null;
      const { data } = context.getImageData(0, at, Math.round(width * ratio * 0.8), 1);
      let filled = 0;
      for (let pixel = 3; pixel < data.length; pixel += 4) filled += data[pixel] > 40;
      return filled > 0.9 * width * ratio * 0.8;
    };
    const wrong = [];
    for (const row of tree.querySelectorAll('[data-test="span-row"]')) {
      const { top, bottom } = row.getBoundingClientRect();
      const seen = [top + 2, (top + bottom) / 2, bottom - 2].map(painted);
      if (seen.some((is, at) => is !== null && is !== (at === 1))) wrong.push([row.textContent, top, seen]);
    }
    for (const drawer of tree.querySelectorAll('[data-test="span-drawer"]')) {
      const { top, bottom } = drawer.getBoundingClientRect();
      for (let y = top + 1; y < bottom; y += 7) if (painted(y)) wrong.push(["drawer", y]);
      const row = drawer.previousElementSibling.getBoundingClientRect();
      const below = drawer.nextElementSibling?.getBoundingClientRect();
      if (Math.abs(row.bottom - top) > 0.6 || (below && Math.abs(below.top - bottom) > 0.6)) wrong.push(["gap", row.bottom, top, bottom, below?.top]);
      const content = drawer.querySelector("aside").getBoundingClientRect();
      if (Math.abs(content.height - (bottom - top)) > 1.1) wrong.push(["height", content.height, bottom - top]);
    }
    return wrong;
  });
  assert.deepEqual(wrong, []);
}

const drawers = (page) => page.getByTestId("detail").evaluateAll((open) => open.map((one) => one.dataset.spanId));
const topOf = async (row) => (await row.boundingBox()).y;

test("details open below their rows, several at once, and nothing moves under the pointer", async (t) => {
  const { page, trace, id } = await opened(t, 40);
  for (const at of [3, 1]) {
    const before = await topOf(trace.row(id(at)));
    await trace.openDetail(id(at));
    assert.equal(await topOf(trace.row(id(at))), before, "its row stays where it was");
    await aligned(trace);
  }
  assert.deepEqual(await drawers(page), [id(1), id(3)], "in the order of the rows");
  assert.match(await page.getByTestId("detail").first().innerText(), /step 1[^]*shop\.step/);
  const { address } = await trace.view();
  assert.match(address, /detail=inline/);

  // Reload shows the same, and the link alone does.
  await page.reload();
  await idle(page);
  assert.deepEqual(await drawers(page), [id(1), id(3)]);
  assert.equal(page.url(), address);
  await aligned(trace);
  await picture(page, "inline");

  // A second press on the row closes it; the one of the detail closes the other.
  await trace.openDetail(id(3));
  assert.deepEqual(await drawers(page), [id(1)]);
  await page.getByRole("button", { name: "Close details" }).click();
  await idle(page);
  assert.deepEqual(await drawers(page), []);
  await aligned(trace);
});

test("keys open and close details, walk past them, and find goes on", async (t) => {
  const { page, trace, id, press } = await opened(t, 300);
  await trace.row(id(1)).locator(".span-row-name").click();
  await press("Enter");
  assert.deepEqual(await drawers(page), [], "the press had opened it");
  await press(" ", "j", "Enter");
  assert.deepEqual(await drawers(page), [id(1), id(2)]);
  await press("j");
  assert.equal(await trace.selected(), id(3));
  await aligned(trace);
  const rows = await trace.waterfall.evaluate((tree) => [...tree.querySelectorAll("[role=row]")].map((row) => Number(row.getAttribute("aria-rowindex"))));
  assert.deepEqual(rows, rows.map((_, at) => rows[0] + at), "drawers are rows of the grid, in order");
  assert.equal(await trace.waterfall.getAttribute("aria-rowcount"), String(301 + 2));

  // At the lower edge a detail that a key opens is brought into sight with its row.
  await press("End", "Enter");
  assert.equal(await trace.selected(), id(300));
  const inSight = async (locator) => {
    const [box, tree] = [await locator.boundingBox(), await trace.waterfall.boundingBox()];
    return box.y >= tree.y - 1 && box.y + box.height <= tree.y + tree.height + 1;
  };
  assert.ok(await inSight(trace.row(id(300))) && await inSight(page.getByTestId("span-drawer").last()));
  assert.deepEqual(await drawers(page), [id(300)], "those that are out of sight are not in the page");
  await press("Home");
  assert.equal(await trace.selected(), id(0));
  await aligned(trace);
  assert.deepEqual(await drawers(page), [id(1), id(2)], "and come back");
  await press("PageDown");
  assert.ok(await inSight(trace.row(await trace.selected())));

  // Escape closes the selected span's, then the others.
  await page.getByTestId("detail").first().getByRole("button", { name: "Close details" }).focus();
  await trace.look('name = "step 250"');
  await trace.waterfall.focus();
  await press("f");
  assert.equal(await trace.selected(), id(250));
  assert.ok(await inSight(trace.row(id(250))));
  await press("Enter", "Escape", "Escape");
  assert.deepEqual(await drawers(page), []);
  assert.match(page.url(), /opened=/, "the others are still open");
  await press("Escape");
  assert.doesNotMatch(page.url(), /opened=/);
});

test("a long trace keeps only the details in sight in the page, and shows no blank strip", async (t) => {
  const { page, trace, id } = await opened(t, 20_000);
  for (const at of [2, 4]) await trace.openDetail(id(at));
  const before = await trace.waterfall.evaluate((tree) => tree.scrollHeight);
  assert.ok(before > 20_001 * 24 + 300);
  const scroll = async (top) => {
    await trace.waterfall.evaluate((tree, top) => { tree.scrollTop = top; }, top);
    await idle(page);
  };
  await scroll(10_000 * 24);
  assert.deepEqual(await drawers(page), []);
  await aligned(trace);
  assert.ok((await trace.spans()).length < 60);
  await scroll(before);
  assert.equal((await trace.spans()).at(-1), id(20_000));
  // Half a detail at the upper edge: its row is gone, the rest of it is there, and the rows below it are where they belong.
  await scroll(5 * 24 + 200);
  await aligned(trace);
  assert.equal((await drawers(page)).length, 2);
  await scroll(0);
  await aligned(trace);
  assert.equal(await trace.waterfall.evaluate((tree) => tree.scrollHeight), before);
});

test("what is inside a detail has its own use for keys, pointer and focus", async (t) => {
  const { page, trace, id } = await opened(t, 30);
  await trace.openDetail(id(1));
  const range = () => new URL(page.url()).searchParams.get("range");
  // A drag over it marks text and zooms nothing; a double click selects a word and fits nothing.
  const box = await trace.detail.locator(".attribute-value").first().boundingBox();
  await page.mouse.move(box.x + 2, box.y + 5);
  await page.mouse.down();
  await page.mouse.move(box.x + 90, box.y + 7, { steps: 4 });
  await page.mouse.up();
  await idle(page);
  assert.equal(range(), null);
  assert.notEqual(await page.evaluate(() => getSelection().toString()), "");
  const field = trace.detail.getByTestId("detail-filter");
  await field.fill("jkz");
  await field.press("0");
  await field.press(" ");
  assert.equal(await field.inputValue(), "jkz0 ");
  assert.deepEqual(await drawers(page), [id(1)]);
  await field.fill("");
  // Its menus lie over the bars below it.
  await trace.attribute("shop.step.9").hover();
  await trace.attribute("shop.step.9").getByTestId("attribute-actions").getByRole("button").first().click();
  const item = trace.detail.getByRole("menuitem").last();
  const on = await item.evaluate((item) => {
    const { left, top, width, height } = item.getBoundingClientRect();
    return item.contains(document.elementFromPoint(left + width / 2, top + height / 2));
  });
  assert.ok(on, "nothing covers it");
  await page.keyboard.press("Escape");
  // Closing it gives the focus to the tree.
  await trace.detail.getByRole("button", { name: "Close details" }).focus();
  await page.keyboard.press("Enter");
  await idle(page);
  assert.ok(await trace.waterfall.evaluate((tree) => tree === document.activeElement));
});

test("the detail moves between its places, and collapsed rows take theirs along", async (t) => {
  const { viewer, otlp_http } = await server(t);
  const sent = checkout();
  await send(otlp_http, sent.body);
  const page = await open(t, `${viewer}/trace/${sent.traceId}`);
  const trace = new Trace(page);
  await trace.openDetail(sent.ids["SELECT stock"]);
  await trace.choose("placement-menu", "Inline");
  assert.equal(await page.getByTestId("span-drawer").count(), 1);
  assert.deepEqual(await drawers(page), [sent.ids["SELECT stock"]]);
  assert.match(page.url(), /detail=inline/);
  await trace.openDetail(sent.ids["reserve stock"]);
  assert.deepEqual(await drawers(page), [sent.ids["reserve stock"], sent.ids["SELECT stock"]]);
  await trace.row(sent.ids["reserve stock"]).getByTestId("twisty").click();
  await idle(page);
  assert.deepEqual(await drawers(page), [sent.ids["reserve stock"]], "a hidden row has no detail");
  await trace.row(sent.ids["reserve stock"]).getByTestId("twisty").click();
  await idle(page);
  assert.equal((await drawers(page)).length, 2, "it was not forgotten");
  // The next trace that is opened has its details there too; an address that says something else is obeyed.
  const next = checkout();
  await send(otlp_http, next.body);
  const here = page.url();
  await page.goto(`${viewer}/trace/${next.traceId}`);
  await idle(page);
  await trace.openDetail(next.ids["reserve stock"]);
  assert.equal(await page.getByTestId("span-drawer").count(), 1);
  await page.goto(`${viewer}/trace/${next.traceId}?span=${next.ids["reserve stock"]}&open=1`);
  await idle(page);
  assert.equal(await page.getByTestId("span-drawer").count(), 0);
  assert.equal(await trace.detail.count(), 1);
  await page.goto(here);
  await idle(page);
  await trace.detail.first().getByTestId("placement-menu").getByRole("button").first().click();
  await page.getByRole("menu").getByText("Bottom", { exact: true }).click();
  await idle(page);
  assert.deepEqual(await drawers(page), [sent.ids["reserve stock"]]);
  assert.equal(await page.getByTestId("span-drawer").count(), 0);
});
