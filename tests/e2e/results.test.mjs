// The list of traces found: sorted by its heads, never beside a form that was refused; and the titles of tabs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { idle, open } from "./browser.mjs";
import { Search } from "./pages/search.mjs";
import { checkout, send, uneven } from "./spans.mjs";
import { server } from "./stage.mjs";

async function filled(t) {
  const stage = await server(t);
  const traces = [uneven(3, { at: Date.now() - 900_000 }), checkout({ at: Date.now() - 600_000 }), uneven(40, { at: Date.now() - 300_000 })];
  for (const trace of traces) await send(stage.otlp_http, trace.body);
  return { stage, traces: traces.map(({ traceId }) => traceId) };
}

for (const way of ["mouse", "keyboard"]) {
  test(`column heads sort the list (${way})`, async (t) => {
    const { stage, traces: [short, failed, long] } = await filled(t);
    const page = await open(t, `${stage.viewer}/search?service=&lookback=1h`);
    const search = new Search(page);
    await search.search();
    assert.deepEqual(await search.traces(), [long, failed, short], "most recent first");
    const head = (name) => page.getByRole("columnheader", { name }).getByRole("button");
    const press = async (name) => {
      await (way === "mouse" ? head(name).click() : head(name).press("Enter"));
      await idle(page);
    };
    await press("Spans");
    assert.deepEqual(await search.traces(), [long, failed, short].toSorted((one, other) => ({ [long]: 41, [failed]: 4, [short]: 4 }[other] - { [long]: 41, [failed]: 4, [short]: 4 }[one])));
    await press("Errors");
    assert.equal((await search.traces())[0], failed);
    await press("Duration");
    assert.equal(await page.getByRole("columnheader", { name: "Duration" }).getAttribute("aria-sort"), "descending");
    assert.deepEqual(await search.traces(), [failed, long, short], "90 ms, 82 ms, 0.6 ms");
    await press("Duration");
    assert.deepEqual(await search.traces(), [short, long, failed]);
    assert.match(page.url(), /sort=shortest/);
    await press("Started");
    assert.deepEqual(await search.traces(), [long, failed, short]);
  });
}

test("the root span's duration stands below the trace's where they differ", async (t) => {
  const { stage, traces: [, failed] } = await filled(t);
  const late = uneven(2, { at: Date.now() - 60_000 });
  // A span that starts after the response and ends 900 ms after the root, which takes 0.35 ms.
  const spans = late.body.resourceSpans[0].scopeSpans[0].spans;
  const ended = BigInt(spans[0].endTimeUnixNano);
  spans.push({ ...spans[1], spanId: late.id(9), name: "send mail", kind: 5, startTimeUnixNano: `${ended + 1_000_000n}`, endTimeUnixNano: `${ended + 900_000_000n}` });
  await send(stage.otlp_http, late.body);
  const page = await open(t, `${stage.viewer}/search?service=&lookback=1h`);
  const search = new Search(page);
  await search.search();
  const root = (traceId) => search.row(traceId).getByTestId("root-duration");
  assert.equal(await root(late.traceId).innerText(), "root 350 µs");
  assert.equal(await root(late.traceId).locator("xpath=../..").getAttribute("title"), "Trace 900.35 ms, its root span 350 µs");
  assert.equal(await root(failed).count(), 0, "equal durations are shown once");
});

test("what was found before does not stay beside a form that was refused", async (t) => {
  const { stage } = await filled(t);
  const page = await open(t, `${stage.viewer}/search?service=frontend&lookback=1h`);
  const search = new Search(page);
  await search.search();
  assert.equal(await search.rows.count(), 1);
  await page.getByTestId("field-min").fill("soon");
  await page.keyboard.press("Enter");
  await idle(page);
  assert.equal(await search.rows.count(), 0);
  assert.match(await search.empty.innerText(), /was not sent/);
  assert.equal(await page.evaluate(() => document.activeElement.dataset.test), "field-min", "the refused field has the focus");
  await page.getByTestId("field-min").fill("1ms");
  await page.keyboard.press("Enter");
  await idle(page);
  assert.equal(await search.rows.count(), 1);
});

test("the order says of which traces it is", async (t) => {
  const { stage } = await filled(t);
  const page = await open(t, `${stage.viewer}/search?limit=2&lookback=1h&service=`);
  const search = new Search(page);
  await search.search();
  const labels = await page.locator(".results__sort option").allTextContents();
  assert.ok(labels.map((label) => label.trim()).includes("Longest of the 2 most recent"), labels.join(", "));
});

test("every tab has a title of its own", async (t) => {
  const { stage, traces: [, failed] } = await filled(t);
  const page = await open(t, `${stage.viewer}/trace/${failed}`);
  assert.equal(await page.title(), "POST /checkout · 90 ms · Spandrel");
  for (const [path, title] of [
    ["search", "Search · Spandrel"], ["search?service=frontend", "frontend · Search · Spandrel"], ["monitor?service=frontend", "frontend · Monitor · Spandrel"],
    ["dependencies", "Dependencies · Spandrel"], ["dependencies?service=frontend", "frontend · Dependencies · Spandrel"],
    ["settings", "Settings · Spandrel"], ["about", "About · Spandrel"], ["nowhere", "Page not found · Spandrel"],
  ]) {
    await page.goto(`${stage.viewer}/${path}`);
    await idle(page);
    assert.equal(await page.title(), title, path);
  }
});

for (const way of ["mouse", "keyboard"]) {
  test(`going back finds the list as it was left, and the Search tab the last search (${way})`, async (t) => {
    const { viewer, otlp_http } = await server(t);
    for (let number = 0; number < 60; number++) await send(otlp_http, checkout().body);
    const page = await open(t, `${viewer}/search?service=frontend&lookback=1h&limit=60`);
    const search = new Search(page);
    const list = page.locator(".results .row-list");
    await list.evaluate((list) => list.scrollTo(0, 700));
    await idle(page);
    const asked = page.url();
    const row = search.rows.nth(20);
    const opened = await row.getAttribute("data-trace-id");
    const scroll = await list.evaluate((list) => list.scrollTop);
    const requests = [];
    page.on("request", (request) => request.url().includes("trace-summaries") && requests.push(request.url()));
    const press = async (target) => {
      await (way === "mouse" ? target.click() : target.press("Enter"));
      await idle(page);
    };
    const link = search.row(opened);
    await press(way === "mouse" ? link.locator(".result__name") : link.getByRole("link").first());
    await page.goBack();
    await idle(page);
    assert.equal(page.url(), asked);
    assert.equal(await list.evaluate((list) => list.scrollTop), scroll);
    assert.deepEqual(requests, [], "the list was not asked for again");
    const focused = () => document.activeElement?.closest("[data-trace-id]")?.dataset.traceId;
    assert.equal(await page.evaluate(focused), opened);
    assert.match(await search.row(opened).getByRole("link").first().getAttribute("class"), /visited/);

    await press(page.getByTestId("nav-monitor"));
    await press(page.getByTestId("nav-search"));
    assert.equal(page.url(), asked);
    assert.ok((await search.rows.count()) > 0);
  });
}

test("Enter submits the search, Shift+Enter breaks the line of its tags; a trace that is clicked has the focus in its tree", async (t) => {
  const { viewer, otlp_http } = await server(t);
  const sent = checkout();
  await send(otlp_http, sent.body);
  const page = await open(t, `${viewer}/search?service=payment&lookback=1h`);
  const tags = page.getByTestId("field-tags");
  await tags.fill("payment.method=credit_card");
  await tags.press("Shift+Enter");
  assert.match(await tags.inputValue(), /\n$/);
  await tags.fill("payment.method=credit_card");
  await tags.press("Enter");
  await idle(page);
  assert.match(page.url(), /tags=/);
  await new Search(page).open(sent.traceId);
  await page.waitForFunction(() => document.activeElement.matches(".waterfall-scroll"));
  await page.keyboard.press("j");
  await page.keyboard.press("f");
  assert.ok(await page.evaluate(() => document.activeElement.matches(".waterfall-scroll")));
});

test("the first page shows the latest traces", async (t) => {
  const { viewer, otlp_http } = await server(t);
  const sent = checkout();
  await send(otlp_http, sent.body);
  const page = await open(t, viewer);
  assert.deepEqual(await new Search(page).traces(), [sent.traceId]);
  assert.match(await page.locator(".results__facts").innerText(), /the latest of all services/);
});

for (const way of ["mouse", "keyboard"]) {
  test(`comparisons in the tags are refused with a hint, and Jaeger's JSON is taken (${way})`, async (t) => {
    const { viewer, otlp_http } = await server(t);
    const sent = checkout();
    await send(otlp_http, sent.body);
    const page = await open(t, `${viewer}/search?service=payment&lookback=1h`);
    const search = new Search(page);
    const tags = page.getByTestId("field-tags");
    const submit = async () => {
      await (way === "mouse" ? page.getByTestId("search-submit").click() : tags.press("Enter"));
      await idle(page);
    };
    for (const [refused, reason] of [
      ["http.status_code>=500", /^Tags are compared .*not as in http\.status_code>=500\./],
      ["payment.method!=cash", /not as in payment\.method!=cash\./],
      ["http.response.status_code ~ 5", /not as in http\.response\.status_code ~ 5\./],
      ["duration>50ms", /Max span duration” instead of duration>50ms$/],
      ["status:error", /^Write status=error instead of status:error$/],
      ["a=1 AND b=2", /^Write tags side by side/],
    ]) {
      await tags.fill(refused);
      await submit();
      assert.match((await page.getByRole("alert").innerText()).trim(), reason, refused);
      assert.equal(await tags.inputValue(), refused, "the text stays as it was typed");
      assert.match(await search.empty.innerText(), /was not sent/, refused);
      assert.equal(await tags.getAttribute("aria-invalid"), "true", refused);
      assert.ok(await tags.evaluate((field) => field === document.activeElement), "the refused field has the focus");
    }
    await tags.fill("payment.method=credit");
    await submit();
    assert.match(await search.empty.innerText(), /whole key=value pairs/);
    await tags.fill('{"payment.method":"credit_card"}');
    await submit();
    assert.deepEqual(await search.traces(), [sent.traceId]);
  });
}

test("text of results is selected by a drag or a double click, and a click opens the trace", async (t) => {
  const { stage, traces: [, failed] } = await filled(t);
  const page = await open(t, `${stage.viewer}/search?service=&lookback=1h`);
  const search = new Search(page);
  await search.search();
  const found = page.url();
  const selected = () => page.evaluate(() => getSelection().toString());
  for (const [part, text] of [[".result__link", /POST/], [".result__service", /front/], [".result__id", /^[0-9a-f]{4,7}$/]]) {
    const { x, y, width, height } = await search.row(failed).locator(part).boundingBox();
    await page.mouse.move(x + 1, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.9, y + height / 2, { steps: 5 });
    await page.mouse.up();
    await idle(page);
    assert.equal(page.url(), found, `a drag over ${part} opens nothing`);
    assert.match(await selected(), text, part);
  }
  // A hand that shakes a little has clicked.
  const { x, y, height } = await search.row(failed).locator(".result__service").boundingBox();
  await page.mouse.move(x + 5, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + 8, y + height / 2);
  await page.mouse.up();
  await idle(page);
  assert.ok(page.url().includes(`/trace/${failed}`), page.url());
  await page.goBack();
  await idle(page);
  assert.match(await search.row(failed).getByRole("link").first().getAttribute("class"), /visited/);
  // The middle button and Ctrl open a tab, anywhere in the row.
  for (const how of [{ button: "middle" }, { modifiers: ["Control"] }]) {
    const [tab] = await Promise.all([page.context().waitForEvent("page"), search.row(failed).locator(".result__start").click(how)]);
    await tab.waitForURL((url) => url.pathname.includes(`/trace/${failed}`));
    await tab.close();
  }
  assert.equal(page.url(), found);
});
