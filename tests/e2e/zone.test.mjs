// Whose clock times of day are of: switched on one page, read on all, remembered, and in the address.

import assert from "node:assert/strict";
import { test } from "node:test";
import { idle, open } from "./browser.mjs";
import { Trace } from "./pages/trace.mjs";
import { checkout, send } from "./spans.mjs";
import { server } from "./stage.mjs";

/** `2026-11-21 14:03` on clocks so many hours east of Greenwich. */
const minute = (unix, hours) => new Date(unix + hours * 3_600_000).toISOString().slice(0, 16).replace("T", " ");

test("times are on the reader's clock or UTC, on every page, after a reload, and for whoever gets the link", async (t) => {
  const { viewer, otlp_http } = await server(t);
  // Well within a minute: a span that begins a little later does so in the same one.
  const at = Math.floor(Date.now() / 60_000) * 60_000 - 600_000;
  const sent = checkout({ at });
  await send(otlp_http, sent.body);
  // Kathmandu: no whole number of hours, no other time in summer.
  const timezoneId = "Asia/Kathmandu";
  const page = await open(t, `${viewer}/trace/${sent.traceId}`, { timezoneId });
  const trace = new Trace(page);
  const exact = async () => (await trace.header.getByText("Started").getAttribute("title")).slice(0, 16);
  assert.equal(await exact(), minute(at, 5.75));
  assert.equal(await trace.zone.textContent(), "local time");

  await trace.zone.click();
  await idle(page);
  assert.equal(await exact(), minute(at, 0));
  assert.equal(new URL(page.url()).searchParams.get("zone"), "utc");
  await trace.openDetail(sent.ids["charge card"]);
  const clock = await trace.detail.locator('[title^="20"]').first().getAttribute("title");
  assert.equal(clock.slice(0, 16), minute(at, 0), "the detail follows");

  await page.goto(`${viewer}/search?service=frontend&lookback=1h`);
  await idle(page);
  const started = page.getByTestId("result-row").locator(".result__start");
  assert.equal((await started.getAttribute("title")).slice(0, 16), minute(at, 0), "remembered, on another page");
  await page.getByTestId("zone").click();
  await idle(page);
  assert.equal((await started.getAttribute("title")).slice(0, 16), minute(at, 5.75));
  assert.equal(new URL(page.url()).searchParams.get("zone"), null);

  // A window of one's own is the same window on another clock.
  await page.getByTestId("field-lookback").selectOption("custom");
  const begin = page.getByTestId("field-begin");
  await begin.fill("2026-01-01T05:45:00");
  await page.getByTestId("zone").click();
  await idle(page);
  assert.equal((await begin.inputValue()).slice(0, 16), "2026-01-01T00:00");

  const guest = await open(t, `${viewer}/trace/${sent.traceId}?zone=utc`, { timezoneId });
  const theirs = (await new Trace(guest).header.getByText("Started").getAttribute("title")).slice(0, 16);
  assert.equal(theirs, minute(at, 0), "an address says it");
  await guest.goto(`${viewer}/settings`);
  await idle(guest);
  assert.ok(await guest.getByLabel("Local").isChecked(), "but remembers nothing for its reader");
});
