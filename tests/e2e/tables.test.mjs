// The tables of one trace: what they list, how they are sorted, filtered and left, and that addresses bring them back.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { axeSource, dropFile, idle, open, picture } from "./browser.mjs";
import { Tables } from "./pages/tables.mjs";
import { Trace } from "./pages/trace.mjs";
import { checkout, repeated, send, uneven } from "./spans.mjs";
import { server } from "./stage.mjs";

async function opened(t, query, sent = checkout(), more = {}) {
  const { viewer, otlp_http } = await server(t);
  await send(otlp_http, sent.body);
  const page = await open(t, `${viewer}/trace/${sent.traceId}${query}`, more);
  const tables = new Tables(page);
  const asked = (name) => new URL(page.url()).searchParams.get(name);
  /** The same address, opened again, shows the same. */
  const same = async () => {
    const before = [await tables.titles(), await tables.cells(), await tables.sorted()];
    await page.reload();
    await idle(page);
    assert.deepEqual([await tables.titles(), await tables.cells(), await tables.sorted()], before);
  };
  return { viewer, page, tables, sent, asked, same };
}

const saved = async (page, act) => {
  const [file] = await Promise.all([page.waitForEvent("download"), act()]);
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), "utf8") };
};

test("statistics are grouped, sorted, divided and exported, and an address brings them back", async (t) => {
  const { page, tables, asked, same } = await opened(t, "?view=statistics");
  assert.deepEqual(await tables.column(0), ["frontend: POST /checkout", "payment: charge card", "stock: reserve stock", "stock: SELECT stock"]);
  assert.deepEqual(await tables.sorted(), [["Total", "descending"]]);
  assert.equal(await tables.facts.textContent(), "4 groups · 4 spans");
  await tables.enter("group-by", "service");
  assert.equal(asked("by"), "service");
  assert.deepEqual((await tables.cells()).map((cells) => cells.slice(0, 4)), [
    ["frontend", "1", "90 ms", "15 ms"], ["payment", "1", "50 ms", "50 ms"], ["stock", "2", "38 ms", "25 ms"],
  ]);
  await tables.sort("count");
  assert.deepEqual(await tables.column(0), ["stock", "frontend", "payment"]);
  await tables.sort("count");
  assert.deepEqual(await tables.sorted(), [["Count", "ascending"]]);
  assert.equal(asked("groups"), "count");
  await same();

  await tables.enter("then-by", "operation");
  await tables.table.focus();
  await tables.press("End", "ArrowRight");
  assert.deepEqual(await tables.column(0), ["frontend", "payment", "stock", "stock: SELECT stock", "stock: reserve stock"]);
  await tables.press("ArrowLeft");
  assert.equal((await tables.cells()).length, 3);

  const { name, text } = await saved(page, () => page.getByTestId("statistics-csv").click());
  assert.equal(name, "statistics-service.csv");
  const lines = text.trimEnd().split("\r\n");
  assert.match(lines[0], /^service,service,operation,count,total \(ns\),self \(ns\),critical \(ns\),/);
  assert.equal(lines.length, 1 + 3 + 4);
  assert.ok(lines.some((line) => line.startsWith("stock,,,2,38000000,25000000,")), text);
  assert.ok(lines.some((line) => line.startsWith("stock,stock,SELECT stock,1,13000000,13000000,")), text);

  await tables.enter("groups-filter", "pay");
  assert.deepEqual(await tables.column(0), ["payment"]);
  assert.equal(await tables.facts.textContent(), "1 of 3 groups · 4 spans");
  await same();
  await tables.enter("groups-filter", "nothing of the kind");
  await page.getByText("No groups").waitFor();
});

test("a group shows its spans in the waterfall, and there is a way back", async (t) => {
  const { page, tables, sent, asked } = await opened(t, "?view=statistics&by=service");
  await tables.rows.filter({ hasText: "stock" }).click();
  await idle(page);
  const trace = new Trace(page);
  assert.equal(asked("uiFind"), "service = stock");
  assert.equal(asked("view"), null);
  assert.deepEqual(await trace.marked("match"), [sent.ids["reserve stock"], sent.ids["SELECT stock"]]);
  await page.getByTestId("back-to-table").getByRole("button").click();
  await idle(page);
  assert.equal(asked("view"), "statistics");
  assert.equal(asked("uiFind"), null);
  assert.equal((await tables.cells()).length, 3);
});

test("statistics mark the groups of what the find finds, and are of it alone where only matches are shown", async (t) => {
  const { page, tables } = await opened(t, "?view=statistics&by=service&uiFind=stock");
  await tables.table.locator('.table__row[data-mark="match"]').first().waitFor();
  assert.deepEqual(await tables.marked("match", 0), ["stock"]);
  assert.equal((await tables.cells()).length, 3);
  await new Trace(page).show("matches");
  assert.deepEqual(await tables.column(0), ["stock"]);
  assert.deepEqual(await tables.marked("match", 0), [], "all that is left matches");
  await page.getByTestId("show-all").click();
  await idle(page);
  assert.equal((await tables.cells()).length, 3);
});

test("spans are a table with any columns, sorted by any of them, in which keys select", async (t) => {
  const { page, tables, sent, asked, same } = await opened(t, "?view=spans");
  assert.deepEqual(await tables.titles(), ["Service", "Operation", "Start", "Duration", "Self", "Critical", "Kind", "Status"]);
  assert.deepEqual(await tables.column(1), ["POST /checkout", "reserve stock", "SELECT stock", "charge card"]);
  await tables.sort("duration");
  assert.deepEqual(await tables.column(3), ["90 ms", "50 ms", "25 ms", "13 ms"]);
  assert.deepEqual(await tables.column(4), ["15 ms", "50 ms", "12 ms", "13 ms"]);
  await tables.enter("add-span-column", "db.system.name");
  assert.deepEqual(await tables.column(8), ["–", "–", "–", "postgresql"]);
  await tables.sort("db.system.name");
  assert.deepEqual(await tables.column(1), ["SELECT stock", "POST /checkout", "reserve stock", "charge card"]);
  assert.equal(asked("spans"), "db.system.name");
  await same();
  await tables.table.focus();
  await tables.press("ArrowDown", "ArrowDown", "ArrowDown");
  assert.equal((await tables.active())[1], "charge card");
  await tables.press("Enter");
  assert.equal(asked("span"), sent.ids["charge card"]);
  await page.getByTestId("detail").waitFor();
  await page.getByTestId("span-columns").click();
  await page.getByRole("button", { name: "Remove column kind" }).click();
  await idle(page);
  assert.ok(!(await tables.titles()).includes("Kind"));
  const trace = new Trace(page);
  await trace.look("stock");
  await page.waitForTimeout(250);
  await idle(page);
  assert.deepEqual(await tables.marked("match", 1), ["SELECT stock", "reserve stock"]);
  assert.equal((await tables.cells()).length, 4);
  await trace.show("matches");
  assert.deepEqual(await tables.column(1), ["SELECT stock", "reserve stock"]);
});

test("events are listed like a log, found by text, and lead to their span", async (t) => {
  const { page, tables, sent, asked } = await opened(t, "?view=events");
  assert.deepEqual(await tables.cells(), [["80 ms", "exception", "payment", "charge card", "exception.message=card declined"]]);
  await tables.enter("events-filter", "nothing of the kind");
  await page.getByText("No matching events").waitFor();
  await tables.enter("events-filter", "DECLINED");
  assert.equal(asked("events"), "DECLINED");
  await tables.rows.first().click();
  await idle(page);
  assert.equal(asked("span"), sent.ids["charge card"]);
  await page.getByTestId("events-jump").click();
  await idle(page);
  assert.equal(await new Trace(page).selected(), sent.ids["charge card"]);
});

test("the JSON is that of the trace or of a span, is searched, wrapped, saved, and has the server's address", async (t) => {
  const { viewer, page, tables, sent, asked } = await opened(t, "?view=json");
  const lines = async () => tables.column(1);
  assert.deepEqual((await lines()).slice(0, 3), ["{", '  "data": [', "    {"]);
  const { name, text } = await saved(page, () => page.getByTestId("json-download").click());
  assert.equal(name, `${sent.traceId}.jaeger.json`);
  assert.equal(JSON.parse(text).data[0].spans.length, 4);
  const all = JSON.stringify(JSON.parse(text), null, 2).split("\n").length;
  assert.match(await tables.facts.textContent(), new RegExp(`^${all} lines`));
  await tables.table.focus();
  await tables.press("End");
  assert.equal((await lines()).at(-1), "}");

  await tables.enter("json-find", "card declined");
  assert.match(await page.getByTestId("json-found").textContent(), /of 2$/);
  assert.ok((await lines()).some((line) => line.includes("card declined")), "the match is in view");

  await page.getByTestId("json-format").selectOption("otlp");
  await idle(page);
  assert.equal(asked("json"), "otlp");
  const link = await page.getByTestId("json-api").getAttribute("href");
  assert.equal(link, `${viewer}/api/v3/traces/${sent.traceId}`);
  assert.equal((await fetch(link)).status, 200);

  await page.goto(`${viewer}/trace/${sent.traceId}?view=json&jsonSpan=1&wrap=1&span=${sent.ids["SELECT stock"]}`);
  await idle(page);
  const shown = (await lines()).join("\n");
  assert.ok(shown.includes(sent.ids["SELECT stock"]) && !shown.includes(sent.ids["charge card"]));
});

test("many rows are scrolled without having them all in the document", async (t) => {
  const { page, tables } = await opened(t, "?view=spans&spans=-depth", repeated(5000));
  assert.equal(await tables.facts.textContent(), "5,001 spans");
  assert.ok((await tables.rows.count()) < 80);
  assert.equal(await tables.table.getAttribute("aria-rowcount"), "5002");
  await tables.table.focus();
  await tables.press("End");
  assert.equal((await tables.cells()).at(-1)[1], "GET /basket");
  await page.goto(page.url().replace("view=spans", "view=statistics&by=item"));
  await idle(page);
  assert.match(await tables.facts.textContent(), /^5,001 groups · 5,001 spans/);
  assert.ok((await tables.rows.count()) < 80);
});

test("one span, and spans without length, have tables too", async (t) => {
  const sent = uneven(0);
  const at = sent.body.resourceSpans[0].scopeSpans[0].spans[0];
  at.endTimeUnixNano = at.startTimeUnixNano;
  // A server would make it a nanosecond long; in a file it is as it was sent.
  const { viewer } = await server(t);
  const page = await open(t, `${viewer}/search`);
  await dropFile(page, "flat.json", JSON.stringify(sent.body));
  await idle(page);
  const tables = new Tables(page);
  const choose = async (name) => {
    await page.getByRole("tab", { name, exact: true }).click();
    await idle(page);
  };
  await choose("Statistics");
  assert.equal(await tables.facts.textContent(), "1 group · 1 span · All durations are zero");
  for (const [name, rows] of [["Spans", 1], ["JSON", 10]]) {
    await choose(name);
    assert.ok((await tables.rows.count()) >= rows, name);
  }
  assert.equal(await page.getByTestId("json-api").count(), 0, "a file has no address in the API");
  await choose("Events");
  await page.getByText("No events").waitFor();
});

const axe = await readFile(axeSource, "utf8");

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing serious in the tables in the ${colorScheme} theme`, async (t) => {
    const { viewer, page, tables, sent } = await opened(t, "?view=statistics&by=service&then=operation", checkout(), { colorScheme });
    for (const view of ["statistics&by=service&then=operation", "spans", "events", "json"]) {
      for (const width of [1440, 800]) {
        await page.setViewportSize({ width, height: 900 });
        await page.goto(`${viewer}/trace/${sent.traceId}?view=${view}`);
        await idle(page);
        await tables.rows.first().waitFor();
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
        const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
        assert.deepEqual(grave.map(({ id, nodes }) => `${view}: ${id}: ${nodes.map((node) => node.html).slice(0, 2).join(" | ")}`), []);
        await picture(page, `table-${view.split("&")[0]}-${colorScheme}-${width}`);
      }
    }
  });
}
