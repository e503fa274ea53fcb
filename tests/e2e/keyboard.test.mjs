// Without a mouse: the keys of the table, the palette, on a trace and on other pages, and fields that keep their keys.

import assert from "node:assert/strict";
import { test } from "node:test";
import { idle, open } from "./browser.mjs";
import { Trace } from "./pages/trace.mjs";
import { checkout, send } from "./spans.mjs";
import { server } from "./stage.mjs";

async function opened(t) {
  const { viewer, otlp_http } = await server(t);
  const sent = checkout();
  await send(otlp_http, sent.body);
  const page = await open(t, `${viewer}/trace/${sent.traceId}`);
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
    await idle(page);
  };
  return { page, trace: new Trace(page), sent, press };
}

test("keys walk, fold, open, pan and zoom; Escape takes it back step by step", async (t) => {
  const { page, trace, sent, press } = await opened(t);
  const at = async (name) => assert.equal(await trace.selected(), sent.ids[name], name);
  await press("j");
  await at("POST /checkout");
  await press("l", "j");
  await at("SELECT stock");
  await press(".");
  await at("SELECT stock");
  await press(",");
  await at("reserve stock");
  await press("h");
  assert.equal((await trace.spans()).length, sent.count - 1, "collapsed");
  await press("[");
  assert.equal((await trace.spans()).length, sent.count);
  await press("Enter");
  assert.equal(await trace.detail.getAttribute("data-span-id"), sent.ids["reserve stock"]);
  const range = () => new URL(page.url()).searchParams.get("range");
  assert.equal(range(), null);
  await press("z");
  const fitted = range();
  assert.notEqual(fitted, null);
  await press("+");
  assert.notEqual(range(), fitted, "zoomed");
  // Moves that follow each other at once are one to undo.
  await page.waitForTimeout(500);
  await press("0");
  assert.equal(range(), null);
  await press("u");
  assert.notEqual(range(), null, "the way back");
  await press("0", "Escape");
  assert.equal(await trace.detail.count(), 0, "the detail closes first");
  assert.equal(await trace.selected(), sent.ids["reserve stock"]);
  await press("Escape");
  assert.equal(await trace.selected(), null);
});

test("the table of keys opens and closes by its key, and gives the focus back", async (t) => {
  const { page, trace, press } = await opened(t);
  await trace.waterfall.focus();
  await press("?");
  const help = page.getByTestId("help");
  assert.match(await help.textContent(), /Next match, else next visible span/);
  assert.ok(await help.evaluate((dialog) => dialog.contains(document.activeElement)));
  await press("j");
  assert.equal(await trace.selected(), null, "what is below a dialog hears no keys");
  await press("?");
  assert.equal(await help.count(), 0);
  assert.ok(await trace.waterfall.evaluate((tree) => tree === document.activeElement));
});

/** The part of the page that has the focus. */
const focused = (page) => page.evaluate(() => {
  const active = document.activeElement;
  if (active.matches(".waterfall-scroll")) return "tree";
  if (active.matches(".detail")) return "details";
  return active.dataset.test ?? active.id ?? active.tagName;
});

test("the tree has the focus when a trace is opened, and keys keep it there", async (t) => {
  const { page, trace, sent, press } = await opened(t);
  assert.equal(await focused(page), "tree");
  await press("j", "j", "k", "f");
  assert.equal(await focused(page), "tree");
  await press("Enter");
  assert.equal(await trace.detail.count(), 1);
  assert.equal(await focused(page), "tree");
  await press("ArrowDown");
  assert.equal(await trace.selected(), sent.ids["SELECT stock"], "arrows walk the tree");
});

test("F6 goes from region to region and back, also out of the find field; a link skips to the details", async (t) => {
  const { page, press } = await opened(t);
  await press("F6");
  assert.equal(await focused(page), "find", "no details are shown");
  await press("F6");
  assert.equal(await focused(page), "tree");
  await press("j", "Enter", "F6");
  assert.equal(await focused(page), "details");
  await press("F6");
  assert.equal(await focused(page), "find");
  await press("F6");
  assert.equal(await focused(page), "tree");
  await press("Shift+F6");
  assert.equal(await focused(page), "find");
  await press("Shift+F6");
  assert.equal(await focused(page), "details");
  await page.getByRole("button", { name: "Close details" }).click();
  await idle(page);
  await page.waitForFunction(() => document.activeElement.matches(".waterfall-scroll"));
  await press("Enter");
  await page.getByTestId("skip-to-details").focus();
  await press("Enter");
  assert.equal(await focused(page), "details");
});

test("a view that is chosen by its key or its tab has the focus", async (t) => {
  const { page, press } = await opened(t);
  await press("2");
  await page.waitForFunction(() => document.activeElement.closest("#trace-view [role=grid], #trace-view [role=treegrid]"));
  await press("1");
  await page.waitForFunction(() => document.activeElement.matches(".waterfall-scroll"));
  await page.getByRole("tab", { name: "Flame graph" }).click();
  await page.waitForFunction(() => document.activeElement.matches(".flame-scroll"));
});

test("the palette goes to actions, services and spans by name", async (t) => {
  const { page, trace, sent, press } = await opened(t);
  const field = page.getByTestId("palette-field");
  await press("Control+k");
  await field.waitFor();
  await page.keyboard.type("coll all");
  await press("Enter");
  assert.equal(await field.count(), 0);
  assert.equal((await trace.spans()).length, 1, "collapsed all");
  await press("Control+k");
  await page.keyboard.type("charge");
  await press("Enter");
  assert.equal(await trace.selected(), sent.ids["charge card"], "shown although it was hidden");
  await press("Control+k");
  await page.keyboard.type(sent.ids["SELECT stock"]);
  await press("Enter");
  assert.equal(await trace.selected(), sent.ids["SELECT stock"]);
  await press("Control+k", "Escape");
  assert.equal(await field.count(), 0);
});

test("the palette of a page without a trace goes to pages and does what the header does; ? lists the keys", async (t) => {
  const { viewer } = await server(t);
  const page = await open(t, `${viewer}/search`);
  const field = page.getByTestId("palette-field");
  const choose = async (typed) => {
    await page.keyboard.press("Control+k");
    await field.waitFor();
    await page.keyboard.type(typed);
    await page.keyboard.press("Enter");
    await idle(page);
    assert.equal(await field.count(), 0);
  };
  for (const name of ["monitor", "dependencies", "demo", "settings", "about", "search"]) {
    await choose(name);
    assert.equal(new URL(page.url()).pathname, `/${name}`);
  }
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
  const before = await theme();
  await choose("light and dark");
  assert.notEqual(await theme(), before);
  const chooser = page.waitForEvent("filechooser");
  await choose("files");
  await chooser;
  await choose("by its id");
  assert.equal(await page.evaluate(() => document.activeElement.id), "open-trace");
  await page.keyboard.press("Control+k");
  await field.waitFor();
  await page.keyboard.press("Control+k");
  await idle(page);
  assert.equal(await field.count(), 0, "the key that opened it closes it");
  await choose("keyboard");
  await page.getByTestId("help").waitFor();
  await page.keyboard.press("?");
  await idle(page);
  await page.getByTestId("nav-monitor").focus();
  await page.keyboard.press("?");
  await page.getByTestId("help").waitFor();
  await page.keyboard.press("?");
  await idle(page);
  assert.equal(await page.getByTestId("help").count(), 0);
});

test("no key acts while a field has the focus", async (t) => {
  const { page, trace, sent, press } = await opened(t);
  await press("/");
  await page.keyboard.type("j]?0");
  await idle(page);
  assert.equal(await trace.finder.inputValue(), "j]?0");
  assert.equal(await trace.selected(), null);
  assert.equal((await trace.spans()).length, sent.count);
  assert.equal(await page.getByTestId("help").count(), 0);
});
