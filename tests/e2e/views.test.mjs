// The views of one trace share selection, find and visible time, work by keyboard alone, and are restored by the address.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { axeSource, dropFile, idle, open } from "./browser.mjs";
import { Tables } from "./pages/tables.mjs";
import { Trace } from "./pages/trace.mjs";
import { Views } from "./pages/views.mjs";
import { chain, fan } from "./shapes.mjs";
import { checkout } from "./spans.mjs";
import { fakeJaeger } from "./stage.mjs";

const alone = { allowed: [/Failed to load resource/] };

/** A page with the trace of a file. */
async function dropped(t, text, options = alone) {
  const files = await fakeJaeger(t, { api: (path) => (path.startsWith("/api/") ? { status: 404, body: "" } : undefined) });
  const page = await open(t, `${files.url}/`, options);
  await dropFile(page, "trace.json", typeof text === "string" ? text : JSON.stringify(text));
  return { page, trace: new Trace(page), views: new Views(page) };
}

/** A page with the trace of a server, which can be reloaded. */
async function served(t, sent, query = "", options = {}) {
  const files = await fakeJaeger(t, {
    api: (path) => {
      if (path.startsWith("/api/v3/traces/")) return { body: `{"result":${JSON.stringify(sent.body)}}`, type: "application/json" };
      return path.startsWith("/api/") ? { status: 404, body: "" } : undefined;
    },
  });
  const page = await open(t, `${files.url}/trace/${sent.traceId}${query}`, { ...alone, ...options });
  return { page, trace: new Trace(page), views: new Views(page) };
}

test("a span selected in one view is selected in the others, and back leads to the view before", async (t) => {
  const sent = checkout();
  const { page, trace, views } = await served(t, sent);
  await trace.row(sent.ids["reserve stock"]).click();
  await idle(page);
  await views.choose("flame");
  assert.equal(views.parameter("view"), "flame");
  assert.match(await views.frame.textContent(), /^reserve stock, stock: 25 ms/);
  await views.choose("graph");
  assert.match(await page.locator('[data-test="operation"][aria-pressed="true"]').textContent(), /reserve stock/);
  await views.operations.filter({ hasText: "charge card" }).click();
  await idle(page);
  await views.choose("sequence");
  assert.equal(await page.locator('[data-test="sequence-message"][aria-pressed="true"]').first().getAttribute("data-span-id"), sent.ids["charge card"]);
  await page.goBack();
  await idle(page);
  assert.equal(await views.shown(), "graph");
  await page.goBack();
  await idle(page);
  assert.equal(await views.shown(), "flame");
  await page.goBack();
  await idle(page);
  assert.equal(await views.shown(), "waterfall");
  assert.equal(await trace.selected(), sent.ids["reserve stock"]);
});

test("views are chosen and used by keys alone", async (t) => {
  const sent = checkout();
  const { page, trace, views } = await served(t, sent);
  await views.press("3");
  assert.equal(await views.shown(), "flame");
  await views.flame.focus();
  await views.press("ArrowDown");
  assert.match(await views.frame.textContent(), /^POST \/checkout, frontend: 90 ms, 100 % of the trace, Self 15 ms/);
  await views.press("ArrowDown");
  assert.match(await views.frame.textContent(), /^reserve stock/);
  await views.press("ArrowRight");
  assert.match(await views.frame.textContent(), /^charge card, payment: 50 ms, 56 % of the trace, Self 50 ms, Starts at 35 ms, Error/);
  await views.press("z");
  assert.notEqual(views.parameter("range"), null, "zoomed to the frame");
  await views.press("Enter");
  assert.equal(await trace.detail.getAttribute("data-span-id"), sent.ids["charge card"]);
  await views.press("1");
  assert.equal(await trace.selected(), sent.ids["charge card"]);
  assert.notEqual(views.parameter("range"), null, "the visible time stays");
  await views.press("7");
  await views.messages.first().focus();
  await views.press("ArrowDown", "Enter");
  assert.equal(await page.locator('[data-test="sequence-message"][aria-pressed="true"]').first().getAttribute("data-span-id"), sent.ids["reserve stock"]);
  await views.press("6");
  assert.equal(await views.shown(), "graph");
  await views.tab("graph").focus();
  await views.press("ArrowLeft");
  assert.equal(await page.evaluate(() => document.activeElement.dataset.view), "events", "the tab before it");
  await views.press("Enter");
  assert.equal(await views.shown(), "events");
});

test("the address restores view, layout, operation and zoom", async (t) => {
  const sent = checkout();
  const { page, views } = await served(t, sent);
  await views.press("3");
  await views.layout("Left heavy");
  await views.flame.focus();
  await views.press("ArrowDown", "ArrowDown", "z");
  assert.match(await views.frame.textContent(), /^charge card, payment: Total 50 ms/, "the largest comes first");
  const zoom = views.parameter("zoom");
  assert.notEqual(zoom, null);
  const drawn = await views.drawn();
  await page.reload();
  await idle(page);
  assert.deepEqual([await views.shown(), views.parameter("flame"), views.parameter("zoom")], ["flame", "left", zoom]);
  assert.equal(await views.drawn(), drawn);
  await views.layout("Sandwich");
  assert.match(await views.note.textContent(), /^Callers and callees of charge card · payment/);
  await views.flame.focus();
  await views.press("ArrowUp");
  assert.match(await views.frame.textContent(), /^POST \/checkout, frontend: Total 50 ms/, "the caller's time in the operation");
  assert.match(await views.note.textContent(), /charge card/, "the selection does not change whose callers are shown");
  await page.reload();
  await idle(page);
  assert.match(await views.note.textContent(), /charge card/);
});

test("a frame under the pointer is described, a click opens it, a double click zooms to it", async (t) => {
  const sent = checkout();
  const { page, trace, views } = await served(t, sent, "?view=flame");
  const box = await views.flame.boundingBox();
  const at = (share, lane) => [box.x + box.width * share, box.y + 20 * lane + 10];
  await page.mouse.move(...at(0.5, 1));
  await idle(page);
  assert.match(await views.tip.textContent(), /charge card.*50 ms.*Error/);
  await page.mouse.dblclick(...at(0.2, 1));
  await idle(page);
  assert.equal(await trace.detail.getAttribute("data-span-id"), sent.ids["reserve stock"]);
  assert.equal(views.parameter("range"), "5000000-30000000");
  await page.getByTestId("flame-fit").click();
  await idle(page);
  assert.equal(views.parameter("range"), null);
});

test("what is searched for is lit in the flame graph, and filters apply to every view", async (t) => {
  const sent = checkout();
  const { page, trace, views } = await served(t, sent, "?view=flame");
  const before = await views.drawn();
  await trace.look("charge");
  assert.notEqual(await views.drawn(), before);
  await trace.show("matches");
  await views.flame.focus();
  await views.press("ArrowDown", "ArrowDown");
  assert.match(await views.frame.textContent(), /^charge card/);
  await views.choose("graph");
  assert.equal(await views.operations.count(), 1);
  await views.choose("sequence");
  assert.match(await page.getByTestId("sequence-view").textContent(), /No calls between services/);
  await page.goto(`${page.url().split("?")[0]}?view=sequence&hide=payment`);
  await idle(page);
  assert.equal(await views.messages.count(), 2, "there and back");
});

test("a find marks its matches in every view and keys step to them; filters narrow every view", async (t) => {
  const sent = checkout();
  const { page, trace, views } = await served(t, sent, "?view=spans");
  const tables = new Tables(page);
  const found = page.getByTestId("find-count");
  /** How many rows, operations or messages stand out like that, and how many there are. */
  const seen = async (view, how) => {
    await views.choose(view);
    await page.waitForTimeout(150);
    await idle(page);
    const rows = { graph: views.operations, sequence: views.messages, critical: page.getByTestId("path-row") }[view] ?? tables.rows;
    return rows.evaluateAll((rows, how) => [rows.filter((row) => row.dataset.mark === how).length, rows.length], how);
  };
  await trace.look("charge");
  const MARKED = { statistics: [1, 4], spans: [1, 4], events: [1, 1], graph: [1, 4], sequence: [2, 4], critical: [1, 3] };
  for (const [view, expected] of Object.entries(MARKED)) assert.deepEqual(await seen(view, "match"), expected, view);
  // The span that matches is the last one of the text.
  assert.equal((await seen("json", "match"))[0], 0);
  await tables.table.focus();
  await views.press("End");
  assert.ok((await seen("json", "match"))[0] > 0, "lines of the match");

  await trace.show("dim");
  for (const [view, [marked, all]] of Object.entries(MARKED)) assert.deepEqual(await seen(view, "other"), [all - marked, all], view);

  for (const view of Object.keys(MARKED)) {
    await views.choose(view);
    await page.getByTestId(`tab`).first().focus();
    await views.press("f");
    assert.match(await found.textContent(), /^1 of 1$/, view);
    assert.equal(views.parameter("span"), sent.ids["charge card"], view);
  }

  await views.choose("json");
  await tables.table.focus();
  await views.press("Home");
  assert.equal((await seen("json", "match"))[0], 0);
  await page.getByTestId("tab").first().focus();
  await views.press("f");
  assert.ok((await seen("json", "match"))[0] > 0, "a step scrolls to the lines of the match");

  await trace.show("matches");
  const NARROWED = { statistics: 1, spans: 1, events: 1, graph: 1, sequence: 0, critical: 2 };
  for (const [view, expected] of Object.entries(NARROWED)) assert.equal((await seen(view, "match"))[1], expected, view);
  assert.match(await page.getByTestId("path-row").last().textContent(), /Spans that the filters leave out/);
  await views.choose("json");
  const text = await tables.table.textContent();
  assert.ok(text.includes("charge card") && !text.includes("reserve stock"), text.slice(0, 400));
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByTestId("json-download").click()]);
  const { spans } = JSON.parse(await readFile(await file.path(), "utf8")).data[0];
  assert.deepEqual(spans.map((span) => span.operationName), ["charge card"], "the file has what the filters let through");
  await page.reload();
  await idle(page);
  assert.equal(views.parameter("uiFind"), "charge");
  assert.equal((await seen("spans", "match"))[1], 1, "the address restores find and filter");
});

test("a trace without spans has its tabs, and every view says that there are none", async (t) => {
  const traceID = "5ca1e0000000000000000000000000ab";
  const files = await fakeJaeger(t, {
    api: (path) => {
      if (path === `/api/traces/${traceID}`) return { body: JSON.stringify({ data: [{ traceID, spans: [], processes: {} }] }) };
      return path.startsWith("/api/") ? { status: 404, body: "" } : undefined;
    },
  });
  const page = await open(t, `${files.url}/trace/${traceID}`, alone);
  const views = new Views(page);
  const keys = { statistics: "2", flame: "3", spans: "4", events: "5", graph: "6", sequence: "7", lanes: "8", json: "9", critical: "t", "": "1" };
  for (const [view, key] of Object.entries(keys)) {
    await views.press(key);
    assert.equal(await views.shown(), view || "waterfall");
    const panel = await page.locator(".trace-view").textContent();
    assert.match(panel, /This trace has no spans|No events|No critical path|No calls between services/, view);
    assert.equal(await page.getByTestId("problem").count(), 0, view);
  }
});

test("a sequence diagram is copied as text, and says what it folds", async (t) => {
  const sent = checkout();
  const { page, views } = await served(t, sent, "?view=sequence", { permissions: ["clipboard-read", "clipboard-write"] });
  assert.equal(await views.messages.count(), 4);
  const copied = async (button) => {
    await page.getByTestId(button).click();
    await page.waitForTimeout(100);
    return page.evaluate(() => navigator.clipboard.readText());
  };
  assert.match(await copied("copy-mermaid"), /^sequenceDiagram\n {4}participant s0 as frontend\n[^]*s0->>s1: reserve stock\n[^]*s2--xs0: 50 ms, error\n$/);
  assert.match(await copied("copy-plantuml"), /^@startuml\nparticipant "frontend" as s0\n[^]*@enduml\n$/);
  const wide = await dropped(t, fan(2_000));
  await wide.views.choose("sequence");
  assert.match(await wide.page.getByTestId("sequence-note").textContent(), /^2,000 calls between services\. To stay below 200 messages, calls of one operation/);
  assert.equal(await wide.views.messages.count(), 100);
});

test("lanes pack spans by service, host or thread, and the chart zooms to an interval", async (t) => {
  const sent = checkout();
  sent.body.resourceSpans[1].resource.attributes.push({ key: "host.name", value: { stringValue: "rack-7" } });
  const { page, views } = await served(t, sent, "?view=lanes");
  const note = page.getByTestId("lanes-note");
  assert.equal(await note.textContent(), "3 groups, 4 lanes");
  assert.match(await views.chart.textContent(), /Active spans.*at most 3 spans/);
  const drawn = await views.drawn();
  await page.getByTestId("lane-group").filter({ hasText: "Host" }).click();
  await idle(page);
  assert.equal(await note.textContent(), "3 groups, 4 lanes");
  assert.notEqual(await views.drawn(), drawn, "the name of the host is drawn");
  assert.equal(views.parameter("lanes"), "host");
  await views.flame.focus();
  await views.press("ArrowDown", "ArrowDown");
  assert.match(await views.frame.textContent(), /^reserve stock, stock/);
  const point = views.chart.getByTestId("point-link");
  await point.focus();
  await views.press("Home", "ArrowRight");
  assert.match(await point.getAttribute("aria-label"), /^Active spans, 375 µs to 750 µs: All spans 1, most at once\. Enter zooms to an interval\.$/);
  await views.press("Enter");
  assert.equal(views.parameter("range"), "375000-750000");
});

const span = (number, parent, from, to, more = {}) => ({
  traceId: "5ca1e0000000000000000000000000aa", spanId: `${number}`.padStart(16, "0"), parentSpanId: parent ? `${parent}`.padStart(16, "0") : "",
  name: `span ${number}`, kind: 1, startTimeUnixNano: `${1_700_000_000_000_000_000n + BigInt(from)}`, endTimeUnixNano: `${1_700_000_000_000_000_000n + BigInt(to)}`, ...more,
});
const file = (...spans) => ({
  resourceSpans: [{ resource: { attributes: [{ key: "service.name", value: { stringValue: "one" } }] }, scopeSpans: [{ scope: {}, spans }] }],
});
const ODD = {
  "one span": file(span(1, 0, 0, 1000)),
  "no root": file(span(2, 9, 0, 1000), span(3, 9, 200, 600)),
  "no durations": file(span(1, 0, 0, 0), span(2, 1, 0, 0), span(3, 1, 0, 0)),
  "negative durations": file(span(1, 0, 1000, 0), span(2, 1, 900, 100)),
  "only errors": file(span(1, 0, 0, 1000, { status: { code: 2 } }), span(2, 1, 100, 300, { status: { code: 2 } })),
};

for (const [what, trace] of Object.entries(ODD)) {
  test(`a trace with ${what} has a face in every view`, async (t) => {
    const { page, views } = await dropped(t, trace);
    for (const view of ["statistics", "spans", "events", "json", "critical", "lanes", "waterfall", "flame", "graph", "sequence"]) {
      await views.choose(view);
      assert.equal(await page.getByTestId("problem").count(), 0, view);
      assert.notEqual((await page.locator(".trace-view").textContent()).trim(), "", view);
    }
    await views.choose("sequence");
    assert.match(await page.getByTestId("sequence-view").textContent(), /No calls between services/);
    await views.choose("graph");
    assert.ok((await views.operations.count()) >= 1);
    await views.choose("flame");
    for (const layout of ["Time order", "Left heavy", "Sandwich"]) {
      await views.layout(layout);
      if (what === "no durations" && layout === "Time order") {
        assert.match(await page.getByTestId("flame-view").textContent(), /No span has a duration/);
        continue;
      }
      if (layout === "Sandwich") assert.match(await page.getByTestId("flame-view").textContent(), /Callers and callees|No operation is selected/);
      await (layout === "Sandwich" ? page.getByTestId("flame-view") : views.flame).focus();
      if (layout !== "Sandwich") {
        await views.press("ArrowDown");
        assert.match(await views.frame.textContent(), /^span \d, one/, `${layout}: a frame`);
      }
    }
    if (/durations/.test(what)) assert.match(await views.note.textContent(), /widths are numbers of spans/);
  });
}

test("no view has anything that axe calls serious, in either theme", async (t) => {
  const axe = await readFile(axeSource, "utf8");
  const sent = checkout();
  for (const colorScheme of ["light", "dark"]) {
    const { page, trace, views } = await served(t, sent, "", { colorScheme });
    await trace.row(sent.ids["charge card"]).click();
    for (const view of ["statistics", "spans", "events", "json", "critical", "flame", "graph", "sequence", "lanes"]) {
      await views.choose(view);
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
      const serious = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
      assert.deepEqual(serious.map(({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 200))]), [], `${view} ${colorScheme}`);
    }
  }
});

test("a deep chain and a wide parent are drawn and walked", async (t) => {
  for (const [text, last] of [[chain(20_000), /^level 1,/], [fan(50_000), /^get item/]]) {
    const { views } = await dropped(t, text);
    await views.choose("flame");
    await views.flame.focus();
    await views.press("ArrowDown", "ArrowDown");
    assert.match(await views.frame.textContent(), last);
    for (const layout of ["Left heavy", "Sandwich", "Time order"]) await views.layout(layout);
    for (const view of ["graph", "sequence", "lanes"]) await views.choose(view);
  }
});
