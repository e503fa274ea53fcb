// Traces at the edges open, scroll, fold, are searched and tell their details like any other.

import assert from "node:assert/strict";
import { test } from "node:test";
import { idle, open } from "./browser.mjs";
import { Trace } from "./pages/trace.mjs";
import { HOSTILE, TRACE_ID, chain, fan, heavy, hostile, long, services, spanId } from "./shapes.mjs";
import { fakeJaeger } from "./stage.mjs";

/** The trace page of a backend that has this trace. */
async function opened(t, text, { viewport } = {}) {
  const body = `{"result":${text}}`;
  const api = (path) => (path.startsWith("/api/v3/traces/") ? { body } : path.startsWith("/api/") ? { status: 404, body: "" } : undefined);
  const { url } = await fakeJaeger(t, { api });
  const page = await open(t, `${url}/trace/${TRACE_ID}`, { allowed: [/Failed to load resource/], viewport });
  return { page, trace: new Trace(page) };
}

/** Folds and unfolds all, goes to the last row and opens its detail. */
async function used({ page, trace }, count, last) {
  assert.equal(await trace.rowCount(), count);
  await trace.fold("collapse-all");
  assert.equal(await trace.rowCount(), 1);
  await trace.fold("expand-level");
  assert.ok((await trace.rowCount()) > 1);
  await trace.fold("expand-all");
  assert.equal(await trace.rowCount(), count);
  await trace.openDetail(spanId(0));
  await page.keyboard.press("End");
  await idle(page);
  assert.equal(await trace.selected(), last);
  assert.equal(await trace.detail.getAttribute("data-span-id"), last);
}

test("a chain of 100,000 spans", async (t) => {
  const depth = 100_000;
  for (const viewport of [{ width: 1440, height: 900 }, { width: 800, height: 900 }]) {
    const { page, trace } = await opened(t, chain(depth), { viewport });
    await used({ page, trace }, depth, spanId(depth - 1));
    await page.keyboard.press("Escape");
    await idle(page);
    const deepest = trace.row(spanId(depth - 1));
    assert.equal(await deepest.getAttribute("aria-level"), `${depth}`);
    assert.match(await deepest.innerText(), /99999[^]*level 99999/, "its depth in place of the indentation, and its name");
    const name = await deepest.locator(".span-row-name").evaluate((name) => [name.scrollWidth, name.clientWidth]);
    assert.ok(name[0] <= name[1], `at ${viewport.width} pixels the name is cut: ${name}`);
    await trace.look("status = error");
    assert.match(await trace.count(), /1 of 1|1 match/);
    await trace.show("ancestors");
    assert.equal(await trace.rowCount(), depth, "all of them lead to the one that failed");
    await trace.show("matches");
    assert.equal(await trace.rowCount(), 1);
  }
});

test("a parent of 200,000 children", async (t) => {
  const children = 200_000;
  const { page, trace } = await opened(t, fan(children));
  await used({ page, trace }, children + 1, spanId(children));
  assert.equal(await trace.row(spanId(children)).getAttribute("aria-setsize"), `${children}`);
  assert.match(await trace.attribute("item.id").innerText(), /200000/);
  await trace.look("item.id = 123456");
  assert.match(await trace.count(), /1 match|1 of 1/);
  await trace.look("");
  await trace.togglePanel();
  await page.getByTestId("group").click();
  await idle(page);
  assert.equal(await trace.rowCount(), 51, "fifty operations, four thousand times each");
});

// The first 64 MB wait in the program's own memory until they can be searched, the rest outside of it.
test("120 megabytes in 60,000 spans", async (t) => {
  const count = 60_000;
  const { page, trace } = await opened(t, heavy(count, 1_800));
  for (const number of [count, 1, count / 2]) {
    await trace.look(`item.id = ${number}`);
    assert.match(await trace.count(), /1 match|1 of 1/);
    await trace.show("matches");
    await trace.openDetail(spanId(number));
    assert.match(await trace.attribute("item.id").innerText(), new RegExp(`\\b${number}\\b`));
    await page.keyboard.press("Escape");
    await trace.look("");
  }
});

test("10,000 services", async (t) => {
  const { page, trace } = await opened(t, services(10_000));
  // The last in the order of the tree: the last of the last of the last.
  await used({ page, trace }, 50_000, spanId(37_448));
  await page.keyboard.press("Escape");
  await trace.look("service = service-09999");
  assert.match(await trace.count(), /5 matches/);
  await trace.look("");
  await trace.togglePanel();
  assert.match(await page.getByTestId("arrange-services").innerText(), /9,940 more services/);
  await trace.togglePanel();
  await page.getByTestId("colour").selectOption("attribute");
  await page.getByTestId("colour-key").fill("shard");
  await page.keyboard.press("Enter");
  await idle(page);
  // A key acts where no field has the focus.
  await trace.rows.first().click();
  await page.keyboard.press("Control+k");
  await page.getByTestId("palette-field").fill("service-07777");
  await page.getByTestId("palette").getByRole("option").first().click();
  await idle(page);
  assert.match(await trace.row(await trace.selected()).innerText(), /service-07777/);
});

test("attributes of a megabyte", async (t) => {
  const { page, trace } = await opened(t, long(1_000_000));
  await trace.openDetail(spanId(0));
  assert.deepEqual((await trace.attributes()).slice(0, 4), ["as.json", "last", "many.lines", "one.word"]);
  assert.match(await trace.attribute("last").innerText(), /still here/);
  await trace.look('last = "still here"');
  assert.match(await trace.count(), /1 match|1 of 1/);
  await trace.togglePanel();
  await page.getByTestId("add-column").fill("one.word");
  await page.keyboard.press("Enter");
  await idle(page);
  const cell = await trace.row(spanId(0)).locator(".span-row-cell").innerText();
  assert.ok(cell.startsWith("xxxx") && cell.length < 1000, `a row is given ${cell.length} letters`);
});

test("texts that would be taken for something else", async (t) => {
  const { page, trace } = await opened(t, hostile());
  assert.deepEqual(await trace.spans(), [spanId(0), spanId(1)]);
  assert.ok((await trace.row(spanId(0)).innerText()).includes(HOSTILE.markup));
  await trace.openDetail(spanId(0));
  const keys = await trace.attributes();
  assert.deepEqual(Object.keys(HOSTILE).filter((key) => !keys.includes(key)), []);
  for (const key of ["markup", "address", "__proto__", "quoted"]) {
    assert.ok((await trace.attribute(key).innerText()).includes(HOSTILE[key]), key);
  }
  await trace.look("markup has script");
  await trace.openDetail(spanId(1));
  await page.keyboard.press("Control+k");
  await page.getByTestId("palette-field").fill("script");
  await page.getByTestId("palette").getByRole("option").first().waitFor();
  await page.keyboard.press("Escape");
  const harm = await page.evaluate(() => ({
    taken: window.taken, of_theirs: document.querySelectorAll("main :is(img, script, b[onclick], a[href^='javascript'])").length,
    wide: document.documentElement.scrollWidth - innerWidth,
    high: [...document.querySelectorAll("[data-test=span-row]")].some((row) => row.getBoundingClientRect().height !== 24),
  }));
  assert.deepEqual(harm, { taken: undefined, of_theirs: 0, wide: 0, high: false });
});
