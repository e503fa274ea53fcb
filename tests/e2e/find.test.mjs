// Finding spans: by words and by a query, with the keyboard alone, and what becomes of the others.

import assert from "node:assert/strict";
import { test } from "node:test";
import { idle, open } from "./browser.mjs";
import { Trace } from "./pages/trace.mjs";
import { checkout, send } from "./spans.mjs";
import { server } from "./stage.mjs";

async function opened(t, query = "") {
  const { viewer, otlp_http } = await server(t);
  const sent = checkout();
  await send(otlp_http, sent.body);
  const page = await open(t, `${viewer}/trace/${sent.traceId}${query}`);
  const ids = (...names) => names.map((name) => sent.ids[name]);
  return { page, trace: new Trace(page), sent, ids };
}

test("words are found as in Jaeger, counted, stepped through and kept in the address", async (t) => {
  const { page, trace, sent, ids } = await opened(t);
  const entries = await page.evaluate(() => history.length);
  await trace.look("stock declined");
  assert.equal(await trace.count(), "3 matches");
  assert.deepEqual(await trace.marked("match"), ids("reserve stock", "SELECT stock", "charge card"));
  for (const [key, name, said] of [["Enter", "reserve stock", "1 of 3"], ["Enter", "SELECT stock", "2 of 3"], ["Shift+Enter", "reserve stock", "1 of 3"], ["Shift+Enter", "charge card", "3 of 3"]]) {
    await page.keyboard.press(key);
    await idle(page);
    assert.equal(await trace.selected(), sent.ids[name]);
    assert.equal(await trace.count(), said);
  }
  assert.equal(new URL(page.url()).searchParams.get("uiFind"), "stock declined");
  assert.equal(await page.evaluate(() => history.length), entries, "typing makes no history");
});

test("what does not match steps back, goes, or stays above what does; an address says which", async (t) => {
  const { page, trace, ids } = await opened(t, "?uiFind=SELECT&show=matches");
  assert.deepEqual(await trace.spans(), ids("SELECT stock"));
  await trace.show("ancestors");
  assert.deepEqual(await trace.spans(), ids("POST /checkout", "reserve stock", "SELECT stock"));
  await trace.show("dim");
  assert.deepEqual(await trace.marked("other"), ids("POST /checkout", "reserve stock", "charge card"));
  await page.reload();
  await idle(page);
  assert.deepEqual(await trace.marked("other"), ids("POST /checkout", "reserve stock", "charge card"));
  assert.equal(await trace.finder.inputValue(), "SELECT");
  await page.locator("h1").click();
  await page.keyboard.press("Escape");
  await idle(page);
  assert.equal(await trace.finder.inputValue(), "", "Escape clears what is looked for first");
  assert.deepEqual(await trace.marked("other"), []);
});

test("a query is completed, run, and told where it is wrong", async (t) => {
  const { page, trace, sent, ids } = await opened(t);
  await page.keyboard.press("/");
  await page.keyboard.type("serv");
  const list = page.getByRole("listbox", { name: "Suggestions" });
  await list.getByRole("option").first().waitFor();
  assert.equal(await trace.finder.getAttribute("aria-expanded"), "true");
  await page.keyboard.press("ArrowDown");
  const chosen = await trace.finder.getAttribute("aria-activedescendant");
  assert.equal(await page.locator(`[id="${chosen}"]`).getAttribute("aria-selected"), "true");
  await page.keyboard.press("Enter");
  assert.equal(await trace.finder.inputValue(), "service ");
  await page.keyboard.type("= stock and duration > 20ms");
  await idle(page);
  assert.equal(await trace.count(), "1 match");
  assert.deepEqual(await trace.marked("match"), ids("reserve stock"));

  await trace.look("service = stock and duration > quick");
  const mistake = page.getByTestId("find-mistake");
  assert.match(await mistake.textContent(), /Expected a duration with its unit/);
  assert.equal(await mistake.locator("mark").textContent(), "quick");
  assert.equal(await trace.finder.getAttribute("aria-invalid"), "true");
  assert.equal((await trace.spans()).length, sent.count, "a mistake hides nothing");
});

test("what other tools write is understood, or refused with a hint that works", async (t) => {
  const { page, trace, ids, sent } = await opened(t);
  for (const [text, names] of [
    ["service=payment", ["charge card"]],
    ["resource.service.name=payment", ["charge card"]],
    ["service==payment", ["charge card"]],
    ['service="payment"', ["charge card"]],
    ["operation=reserve", ["reserve stock"]],
  ]) {
    await trace.look(text);
    assert.deepEqual(await trace.marked("match"), ids(...names), text);
    assert.equal(await page.getByTestId("find-hint").count(), 0, text);
  }
  await trace.look("error = true");
  const failed = await trace.marked("match");
  for (const text of ["not error", "!error", "not (error)", "not (error = true)"]) {
    await trace.look(text);
    const found = await trace.marked("match");
    assert.equal(found.length, sent.count - failed.length, text);
    assert.ok(!found.some((id) => failed.includes(id)), text);
  }
  for (const [text, expected] of [
    ["duration>20", /Expected a duration with its unit/],
    ["http.response.status_code in 500,502", /Expected a list of values in parentheses: \(500,502\)/],
  ]) {
    await trace.look(text);
    assert.match(await page.getByTestId("find-mistake").textContent(), expected, text);
  }
  for (const [text, said, taken] of [
    ["service = paymnt", /No span has service = paymnt\. Did you mean service = payment\?/, "service = payment"],
    ["service=paymnt", /Did you mean service=payment\?/, "service=payment"],
    ["duration >> 1ns", /Did you mean duration > 1ns\?/, "duration > 1ns"],
    ["-error", /excludes attributes by key.*Did you mean not error\?/, "not error"],
    ["not payment", /is searched as words\. Did you mean not "payment"\?/, 'not "payment"'],
    ["!payment", /Did you mean not "payment"\?/, 'not "payment"'],
    ["service in payment", /Did you mean service in \(payment\)\?/, "service in (payment)"],
  ]) {
    await trace.look(text);
    assert.match((await page.getByTestId("find-hint").innerText()).trim(), said, text);
    await page.getByTestId("hint-take").click();
    await idle(page);
    assert.equal(await trace.finder.inputValue(), taken);
    assert.match(await trace.count(), /^\d+ match(es)?$/, taken);
    assert.equal(await page.getByTestId("find-hint").count(), 0, taken);
  }
  await trace.look("duration>slow");
  assert.match(await page.getByTestId("find-hint").innerText(), /duration>slow is not a query: expected a duration with its unit/);
});
