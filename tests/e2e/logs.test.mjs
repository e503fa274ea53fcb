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
      // Of no trace: one within its time, one of a service that is not in it, one long before.
      of("stock", { ...line(20, 13, "stock of item-1 runs low", ""), traceId: "" }, { ...line(-60_000, 9, "long before", ""), traceId: "" }),
      of("mailer", { ...line(20, 9, "of another service", ""), traceId: "" }),
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

test("lines of the trace's time that belong to no span are counted, and listed where that is wanted", async (t) => {
  const { page, tables } = await opened(t, "?view=logs");
  const hint = page.getByTestId("logs-untraced");
  await hint.waitFor();
  assert.match(await hint.textContent(), /^1 log line of these services in this trace's time range belongs to no span/);
  assert.equal((await tables.column(3)).length, 3);
  await hint.getByRole("button", { name: "Show them" }).click();
  await idle(page);
  assert.deepEqual((await tables.cells()).map((cells) => [cells[3], cells[4]]), [
    ["a line outside any span", "–"],
    ["reserved 2 of item-1", "reserve stock"],
    ["stock of item-1 runs low", "no trace"],
    ["the bank declined the card", "charge card"],
  ]);
  assert.equal(await tables.facts.textContent(), "4 lines");
  await picture(page, "logs-untraced");
  await page.reload();
  await idle(page);
  assert.equal(await tables.facts.textContent(), "4 lines");
  await hint.getByRole("button", { name: "Hide them" }).click();
  await idle(page);
  assert.equal(await tables.facts.textContent(), "3 lines");
});

test("log lines stand on the bars of their spans, apart from events, and say what they are", async (t) => {
  const { page, sent, trace } = await opened(t, "");
  const row = page.locator(`[data-span-id="${sent.ids["charge card"]}"] .span-row-bar`).first();
  await row.waitFor();
  assert.match(await row.getAttribute("aria-label"), /, 1 log line/);
  assert.doesNotMatch(await page.locator(`[data-span-id="${sent.ids["POST /checkout"]}"] .span-row-bar`).first().getAttribute("aria-label"), /log line/);
  await trace.openDetail(sent.ids["reserve stock"]);
  for (let at = 0; at < 4 && !(await page.getByTestId("log-note").count()); at += 1) {
    await page.keyboard.press("e");
    await idle(page);
  }
  const note = page.getByTestId("log-note");
  await note.waitFor();
  assert.match(await note.textContent(), /Log line · info.*reserved 2 of item-1/);
  await picture(page, "logs-bars");
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  const marks = page.getByTestId("marks");
  assert.match(await marks.textContent(), /Log line, above the bar of the span that logged it/);
  await picture(page, "logs-marks");
});

test("the find marks lines of its spans, steps to them, and filters narrow the table", async (t) => {
  const { page, sent, trace, tables } = await opened(t, "?view=logs");
  await trace.look("reserve");
  assert.deepEqual(await tables.marked("match", 3), ["reserved 2 of item-1"]);
  await trace.show("dim");
  assert.deepEqual(await tables.marked("other", 3), ["a line outside any span", "the bank declined the card"]);
  await trace.show("matches");
  assert.deepEqual(await tables.column(3), ["reserved 2 of item-1"]);
  assert.equal(await tables.facts.textContent(), "1 of 3 lines");
  await page.getByTestId("tab").first().focus();
  await tables.press("f");
  assert.equal(new URL(page.url()).searchParams.get("span"), sent.ids["reserve stock"]);
  await page.goto(`${page.url().split("?")[0]}?view=logs&hide=payment`);
  await idle(page);
  assert.deepEqual(await tables.column(3), ["a line outside any span", "reserved 2 of item-1"], "lines of hidden services are left out");
});

test("a text of a line leads to its trace", async (t) => {
  const { page, viewer, sent } = await opened(t, "", { allowed: [/CORS/, /Failed to load/, /ERR_/] });
  await page.goto(`${viewer}/search`);
  await idle(page);
  await page.getByTestId("field-log-text").fill("Declined the card");
  await page.getByTestId("search-submit").click();
  await idle(page);
  assert.equal(new URL(page.url()).searchParams.get("logText"), "Declined the card");
  const found = page.locator("[data-result-link]");
  assert.equal(await found.count(), 1);
  assert.ok((await found.getAttribute("href")).includes(sent.traceId));
  await picture(page, "logs-search");
  await page.reload();
  await idle(page);
  assert.equal(await page.getByTestId("field-log-text").inputValue(), "Declined the card");
  assert.equal(await found.count(), 1);
  await page.getByTestId("field-log-text").fill("no line says this");
  await page.getByTestId("search-submit").click();
  await page.getByText("No traces match").waitFor();
  // Another server cannot: nothing is asked, and no traces are shown as if they matched.
  await page.evaluate((url) => localStorage.setItem("spandrel.source", url), viewer.replace("127.0.0.1", "localhost"));
  await page.goto(`${viewer}/search`);
  await idle(page);
  assert.equal(await page.getByTestId("field-log-text").count(), 0);
  await page.goto(`${viewer}/search?logText=card&lookback=1h`);
  await idle(page);
  assert.match(await page.getByTestId("problem-happened").innerText(), /cannot search by the text of log lines/);
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
