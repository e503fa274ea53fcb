// The address follows what is shown, also where the browser refuses some of its changes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { idle, open } from "./browser.mjs";
import { Frame } from "./pages/frame.mjs";
import { Trace } from "./pages/trace.mjs";
import { checkout, send } from "./spans.mjs";
import { server } from "./stage.mjs";

/** Lets the page's history refuse changes while `refusing` is true, as Safari does after 100 in 30 seconds. */
function refuseOnDemand() {
  globalThis.refusing = false;
  globalThis.refused = 0;
  for (const name of ["pushState", "replaceState"]) {
    const change = history[name].bind(history);
    history[name] = (...words) => {
      if (!globalThis.refusing) return change(...words);
      globalThis.refused++;
      throw new DOMException("Attempt to use history.replaceState() more than 100 times per 30 seconds", "SecurityError");
    };
  }
}

// The address was taken as written before the browser had taken it: the last state of a quick series was lost.
test("the last of many changes reaches the address, though the browser refuses some of them", async (t) => {
  const { viewer, otlp_http } = await server(t);
  const sent = checkout();
  await send(otlp_http, sent.body);
  const page = await open(t, `${viewer}/trace/${sent.traceId}`, { before: (page) => page.addInitScript(refuseOnDemand) });
  const trace = new Trace(page);
  await page.evaluate(() => (globalThis.refusing = true));
  for (const name of ["reserve stock", "SELECT stock", "charge card"]) await trace.openDetail(sent.ids[name]);
  await page.waitForFunction(() => globalThis.refused > 0);
  assert.ok(!page.url().includes(sent.ids["charge card"]));
  await page.evaluate(() => (globalThis.refusing = false));
  await page.waitForURL((url) => url.searchParams.get("span") === sent.ids["charge card"]);
});

test("a page whose entry was refused gets it later", async (t) => {
  const { viewer } = await server(t);
  const page = await open(t, `${viewer}/search`, { before: (page) => page.addInitScript(refuseOnDemand) });
  const entries = await page.evaluate(() => history.length);
  await page.evaluate(() => (globalThis.refusing = true));
  await new Frame(page).go("settings");
  await page.waitForFunction(() => globalThis.refused > 0);
  await page.evaluate(() => (globalThis.refusing = false));
  await page.waitForURL(/\/settings$/);
  assert.equal(await page.evaluate(() => history.length), entries + 1);
  await page.goBack();
  await idle(page);
  assert.match(page.url(), /\/search/);
});
