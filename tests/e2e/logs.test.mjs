// Log lines of a trace: seen at the span that logged them, as a table, filtered, and brought back by an address.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { axeSource, dropFile, idle, open, picture } from "./browser.mjs";
import { Tables } from "./pages/tables.mjs";
import { Trace } from "./pages/trace.mjs";
import { checkout, send } from "./spans.mjs";
import { server } from "./stage.mjs";

/** A checkout with three log lines: two inside spans and one outside any. */
async function opened(t, query, more = {}) {
  const { viewer, otlp_http } = await server(t);
  const sent = checkout();
  await send(otlp_http, sent.body);
  const start = BigInt(sent.body.resourceSpans[0].scopeSpans[0].spans[0].startTimeUnixNano);
  const line = (ms, severityNumber, text, spanId, attributes = []) => ({
    timeUnixNano: `${start + BigInt(ms) * 1_000_000n}`, severityNumber, traceId: sent.traceId, spanId, body: { stringValue: text }, attributes,
  });
  const of = (service, ...logRecords) => ({
    resource: { attributes: [{ key: "service.name", value: { stringValue: service } }] }, scopeLogs: [{ logRecords }],
  });
  const customer = [{ key: "customer", value: { stringValue: "u-17" } }];
  const body = {
    resourceLogs: [
      of("payment", line(80, 17, "the bank declined the card", sent.ids["charge card"], customer)),
      of("stock", line(10, 9, "reserved 2 of item-1", sent.ids["reserve stock"])),
      of("frontend", line(1, 9, "a line outside any span", "")),
    ],
  };
  const answer = await fetch(`${otlp_http}/v1/logs`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  assert.equal(answer.status, 200);
  const page = await open(t, `${viewer}/trace/${sent.traceId}${query}`, more);
  return { page, viewer, sent, trace: new Trace(page), tables: new Tables(page) };
}

test("a line that was logged in a span is seen at that span, and not at others", async (t) => {
  const { page, sent, trace } = await opened(t, "");
  await trace.openDetail(sent.ids["charge card"]);
  const logs = trace.detail.getByTestId("detail-logs");
  await logs.waitFor();
  assert.equal(await logs.locator("h3").textContent(), "Logs · 1");
  const line = logs.getByTestId("log-line");
  assert.match(await line.textContent(), /\+45 ms.*error.*the bank declined the card.*customer=u-17/);
  await picture(page, "logs-detail");
  await trace.openDetail(sent.ids["POST /checkout"]);
  await idle(page);
  assert.equal(await trace.detail.getByTestId("detail-logs").count(), 0);
});

test("the table lists all lines in time, filters them, and leads to their spans", async (t) => {
  const { page, sent, trace, tables } = await opened(t, "");
  await page.keyboard.press("g");
  await idle(page);
  assert.equal(new URL(page.url()).searchParams.get("view"), "logs");
  assert.deepEqual(await tables.titles(), ["Time", "Severity", "Service", "Message", "Span", "Attributes"]);
  assert.deepEqual((await tables.cells()).map((cells) => cells.slice(0, 5)), [
    ["+1 ms", "info", "frontend", "a line outside any span", "–"],
    ["+10 ms", "info", "stock", "reserved 2 of item-1", "reserve stock"],
    ["+80 ms", "error", "payment", "the bank declined the card", "charge card"],
  ]);
  assert.equal(await tables.facts.textContent(), "3 lines");
  await page.getByTestId("logs-severity").selectOption("warning");
  await idle(page);
  assert.equal(await tables.facts.textContent(), "1 of 3 lines");
  assert.equal(new URL(page.url()).searchParams.get("severity"), "warning");
  await page.reload();
  await idle(page);
  assert.deepEqual(await tables.column(3), ["the bank declined the card"]);
  await page.getByTestId("logs-severity").selectOption("");
  await page.getByTestId("logs-service").selectOption("stock");
  await idle(page);
  assert.deepEqual(await tables.column(2), ["stock"]);
  await page.getByTestId("logs-service").selectOption("");
  await tables.enter("logs-filter", "U-17");
  assert.deepEqual(await tables.column(2), ["payment"]);
  await tables.rows.first().click();
  await idle(page);
  assert.equal(await trace.detail.getAttribute("data-span-id"), sent.ids["charge card"]);
  await page.getByTestId("logs-jump").click();
  await idle(page);
  assert.equal(await trace.selected(), sent.ids["charge card"]);
});

test("a file has no logs, and a trace without any says so", async (t) => {
  const { page, viewer } = await opened(t, "");
  const { body, traceId } = checkout();
  await page.goto(`${viewer}/search`);
  await idle(page);
  await dropFile(page, "trace.json", JSON.stringify(body));
  await idle(page);
  assert.ok(page.url().includes(traceId));
  assert.ok(await page.locator('[data-test="tab"][data-view="logs"]').isHidden());
});

test("the table of logs fits, in both themes, wide and narrow", async (t) => {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [1440, 800]) {
      const { page } = await opened(t, "?view=logs", { colorScheme, viewport: { width, height: 900 } });
      await page.getByText("the bank declined the card").first().waitFor();
      await picture(page, `logs-${colorScheme}-${width}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      assert.ok(!wide, "the page does not scroll sideways");
      await page.evaluate(await readFile(axeSource, "utf8"));
      const found = await page.evaluate(() => axe.run({ resultTypes: ["violations"] }));
      assert.deepEqual(found.violations.map(({ id, nodes }) => [id, nodes[0].html]), []);
    }
  }
});
