// What one sees of a trace and how: colours and their legend, what is focused on, groups, columns, the time shown.

import assert from "node:assert/strict";
import { test } from "node:test";
import { idle, open } from "./browser.mjs";
import { Trace } from "./pages/trace.mjs";
import { checkout, repeated, send, uneven } from "./spans.mjs";
import { server } from "./stage.mjs";

async function opened(t, query = "", sent = checkout(), more = {}) {
  const { viewer, otlp_http } = await server(t);
  await send(otlp_http, sent.body);
  const page = await open(t, `${viewer}/trace/${sent.traceId}${query}`, more);
  const trace = new Trace(page);
  const asked = (name) => new URL(page.url()).searchParams.get(name);
  const ids = (...names) => names.map((name) => sent.ids[name]);
  /** The same address, opened again, shows the same. */
  const same = async () => {
    const before = await trace.view();
    await page.reload();
    await idle(page);
    assert.deepEqual(await trace.view(), before);
  };
  return { page, trace, sent, asked, ids, same };
}

test("the legend says what the colours mean, of bars and minimap alike, whatever they are by", async (t) => {
  const { page, trace, asked, same } = await opened(t);
  assert.deepEqual(await trace.legend(), [["stock", "2"], ["frontend", "1"], ["payment", "1"], ["error", "1"]]);
  const drawn = async () => [await trace.canvas.evaluate((canvas) => canvas.toDataURL()), await trace.minimap()];
  const byService = await drawn();
  await trace.colour("kind");
  assert.deepEqual(await trace.legend(), [["client", "3"], ["server", "1"], ["error", "1"]]);
  const byKind = await drawn();
  assert.ok(byKind.every((picture, at) => picture !== byService[at]), "bars and minimap are painted anew");
  await trace.colour("status");
  assert.deepEqual(await trace.legend(), [["unset", "3"], ["error", "1"]]);

  await trace.colour("attribute");
  // Whoever chooses to colour by an attribute types its key at once.
  await page.keyboard.type("db.system.name");
  await page.keyboard.press("Enter");
  await idle(page);
  await page.getByTestId("legend").getByText("postgresql").waitFor();
  assert.deepEqual(await trace.legend(), [["postgresql", "1"], ["no value", "3"], ["error", "1"]]);
  assert.equal(asked("colour"), "attribute:db.system.name");
  await same();
});

test("a scale of colours says how long spans worked themselves, or how long they took among their like", async (t) => {
  for (const colorScheme of ["light", "dark"]) {
    const { page, trace, sent, asked, same } = await opened(t, "?colour=percentile", uneven(40), { colorScheme });
    assert.deepEqual(await trace.legend(), [["p95–p99", "2"], ["p90–p95", "2"], ["p75–p90", "6"], ["p50–p75", "10"], ["< p50", "20"], ["too few to say", "1"]]);
    /** The colour of a bar, and which step of the scale it is. */
    const step = async (span) => {
      const row = await trace.row(span).boundingBox();
      return trace.canvas.evaluate((canvas, [y, x]) => {
        const box = canvas.getBoundingClientRect();
        const ratio = canvas.width / box.width;
        const look = (context, x, y) => [...context.getImageData(x, y, 1, 1).data].join();
        const bar = look(canvas.getContext("2d"), Math.floor(x * box.width * ratio), Math.floor((y - box.top) * ratio));
        const brush = new OffscreenCanvas(1, 1).getContext("2d");
        const style = getComputedStyle(document.documentElement);
        return [1, 2, 3, 4, 5, 6].find((step) => {
          brush.fillStyle = style.getPropertyValue(`--scale-${step}`);
          brush.fillRect(0, 0, 1, 1);
          return look(brush, 0, 0) === bar;
        });
      }, [row.y + row.height / 2, at(span)]);
    };
    // The middle of a call, as a share of all the time: each takes 100 µs more than the one before.
    const at = (span) => (50 * (parseInt(span, 16) - 1) ** 2) / (50 * 40 * 41 + 50);
    await page.setViewportSize({ width: 1440, height: 1300 });
    await idle(page);
    assert.deepEqual([await step(sent.id(40)), await step(sent.id(37)), await step(sent.id(25)), await step(sent.id(15))], [5, 4, 2, 1]);
    await trace.meaning("p95–p99", "Show only these");
    assert.equal(asked("uiFind"), "percentile >= 95 and percentile < 99");
    assert.deepEqual(await trace.spans(), [sent.id(39), sent.id(40)]);
    await same();

    await trace.look("");
    const byRank = [await trace.canvas.evaluate((canvas) => canvas.toDataURL()), await trace.minimap()];
    await trace.colour("self");
    assert.equal(asked("colour"), "self");
    assert.deepEqual(await trace.legend(), [["≥ 3 ms", "11"], ["1–3 ms", "20"], ["300 µs–1 ms", "7"], ["100–300 µs", "2"], ["30–100 µs", "1"]]);
    const bySelf = [await trace.canvas.evaluate((canvas) => canvas.toDataURL()), await trace.minimap()];
    assert.ok(bySelf.every((picture, at) => picture !== byRank[at]), "bars and minimap are painted anew");
    assert.deepEqual([await step(sent.id(40)), await step(sent.id(25))], [6, 5]);
    await trace.meaning("≥ 3 ms", "Show only these");
    assert.equal(asked("uiFind"), "self >= 3ms");
    assert.equal((await trace.spans()).length, 11);
    await same();
  }
});

test("spans of a colour are highlighted, found, shown alone and hidden from the legend", async (t) => {
  const { trace, asked, ids, same } = await opened(t);
  await trace.meaning("stock", "Highlight these");
  assert.equal(asked("uiFind"), "service = stock");
  assert.deepEqual(await trace.marked("match"), ids("reserve stock", "SELECT stock"));
  assert.deepEqual(await trace.marked("other"), ids("POST /checkout", "charge card"));
  await trace.meaning("error", "Find these");
  assert.deepEqual(await trace.marked("match"), ids("charge card"));
  await trace.meaning("payment", "Show only these");
  assert.deepEqual(await trace.spans(), ids("charge card"));
  await same();

  await trace.finder.fill("");
  await trace.meaning("stock", "Hide these and descendants");
  assert.equal(asked("hide"), "stock");
  assert.deepEqual(await trace.spans(), ids("POST /checkout", "charge card"));
  await trace.meaning("stock", "Show again");
  assert.equal((await trace.spans()).length, 4);
  await trace.colour("kind");
  await trace.meaning("client", "Hide these");
  assert.equal(asked("uiFind"), "not (kind = client)");
  assert.deepEqual(await trace.spans(), ids("POST /checkout"));
});

test("a legend with more than fits says how many there are, and shows them all", async (t) => {
  const { page, trace } = await opened(t, "?colour=attribute:item", repeated(40), { viewport: { width: 800, height: 700 } });
  await page.getByTestId("legend-all").waitFor();
  const short = (await trace.legend()).length;
  assert.ok(short < 20, `${short} fit`);
  const line = await page.getByTestId("legend").boundingBox();
  assert.ok(line.height < 40, `one line, not ${line.height} pixels`);
  assert.equal(await page.getByTestId("legend-all").textContent(), "All 41");
  await page.getByTestId("legend-all").click();
  assert.equal((await trace.legend()).length, 41, "forty values, and spans without one");
  const bottom = await page.locator(".legend-entry").last().evaluate((entry) => entry.getBoundingClientRect().right <= innerWidth);
  assert.ok(bottom, "none is beyond the edge");
});

test("focusing on matches opens what hides them, prunes the others and fits their time", async (t) => {
  const { page, trace, sent, asked, ids, same } = await opened(t, `?level=1`);
  assert.deepEqual(await trace.spans(), ids("POST /checkout", "reserve stock", "charge card"));
  await trace.look("SELECT");
  await page.getByTestId("find-focus").click();
  await idle(page);
  assert.deepEqual(await trace.spans(), ids("POST /checkout", "reserve stock", "SELECT stock"));
  assert.equal(await trace.selected(), sent.ids["SELECT stock"]);
  const [begin, end] = asked("range").split("-").map(Number);
  assert.ok(begin > 5e6 && begin <= 8e6 && end >= 21e6 && end < 24e6, `8 ms to 21 ms with some air, not ${begin} to ${end}`);
  assert.equal(await page.getByTestId("find-focus").getAttribute("aria-pressed"), "true");
  await same();
  await page.getByTestId("find-focus").click();
  await idle(page);
  assert.deepEqual([asked("show"), asked("range")], [null, null]);
  assert.equal((await trace.spans()).length, sent.count);
});

test("a subtree is focused on, its way back is named, and an address keeps it", async (t) => {
  const { page, trace, asked, ids, same } = await opened(t);
  const [stock] = ids("reserve stock");
  await trace.row(stock).hover();
  await trace.row(stock).locator(".span-row-focus").click();
  await idle(page);
  assert.equal(asked("focus"), stock);
  assert.deepEqual(await trace.spans(), ids("reserve stock", "SELECT stock"));
  const way = page.getByTestId("breadcrumb").getByRole("button");
  assert.deepEqual(await way.allTextContents(), ["Whole trace", "POST /checkout", "reserve stock"]);
  assert.equal(await way.last().getAttribute("aria-current"), "true");
  await same();
  await way.nth(1).click();
  await idle(page);
  assert.deepEqual(asked("focus"), ids("POST /checkout")[0]);
  await page.getByTestId("unfocus").click();
  await idle(page);
  assert.deepEqual([asked("focus"), (await trace.spans()).length], [null, 4]);
});

test("repeated siblings are one row with their numbers, which opens and is kept by the address", async (t) => {
  const { page, trace, asked, same } = await opened(t, "", repeated(40));
  const all = (await trace.spans()).length;
  await trace.arrange(() => page.getByTestId("group").check());
  assert.equal(asked("group"), "1");
  assert.deepEqual((await trace.spans()).length, 2, `of ${all}`);
  const group = trace.rows.nth(1);
  assert.match(await group.textContent(), /× 40/);
  const words = await group.getByRole("gridcell").last().getAttribute("aria-label");
  assert.match(words, /^40 spans within 39.9 ms, one after the other: from 900 µs to 900 µs/);
  await same();
  await group.locator(".span-row-twisty").click();
  await idle(page);
  assert.ok((await trace.spans()).length > 20, "the members");
  await same();
});

test("attributes become columns and go again, the names take more room, and an address keeps the columns", async (t) => {
  const { page, trace, sent, asked, same } = await opened(t);
  const add = (key) => trace.arrange(async () => {
    await page.getByTestId("add-column").fill(key);
    await page.getByTestId("add-column").press("Enter");
  });
  await add("http.route");
  await add("payment.method");
  const heads = page.getByTestId("column-head").locator(".waterfall-column-name");
  assert.deepEqual(await heads.allTextContents(), ["http.route", "payment.method"]);
  await trace.row(sent.ids["charge card"]).getByText("credit_card").waitFor();
  await trace.row(sent.ids["POST /checkout"]).getByText("/checkout", { exact: true }).waitFor();
  await same();

  const divider = page.getByRole("separator", { name: "Resize names" });
  const width = async () => (await trace.row(sent.ids["charge card"]).locator(".span-row-names").boundingBox()).width;
  const before = await width();
  await divider.focus();
  for (let step = 0; step < 4; step++) await page.keyboard.press("ArrowRight");
  await idle(page);
  assert.ok((await width()) > before, "wider");

  await page.getByRole("button", { name: "Remove column http.route" }).click();
  await idle(page);
  assert.deepEqual(await heads.allTextContents(), ["payment.method"]);
  assert.equal(asked("column"), "payment.method");
});

test("the grips of the minimap move the edges of what is shown, by pointer and by key", async (t) => {
  const { page, asked, same } = await opened(t);
  const band = await page.getByTestId("minimap").boundingBox();
  const drag = async (from, to) => {
    await page.mouse.move(from, band.y + 30);
    await page.mouse.down();
    await page.mouse.move(to, band.y + 30, { steps: 4 });
    await page.mouse.up();
    await idle(page);
  };
  const range = () => asked("range").split("-").map(Number);
  // The grips lie within the band where the whole trace is shown.
  await drag(band.x + 5, band.x + band.width / 4);
  let [begin, end] = range();
  assert.ok(Math.abs(begin - 22.5e6) < 1e6 && end === 90e6, `a quarter on, not ${begin} to ${end}`);
  await drag(band.x + band.width - 5, band.x + band.width / 2);
  [begin, end] = range();
  assert.ok(Math.abs(begin - 22.5e6) < 1e6 && Math.abs(end - 45e6) < 1e6, `to the middle, not ${begin} to ${end}`);

  const grip = page.getByRole("slider", { name: "Start of visible range" });
  assert.equal(await grip.getAttribute("aria-valuenow"), "25");
  await grip.focus();
  await page.keyboard.press("ArrowLeft");
  await idle(page);
  const [earlier, kept] = range();
  assert.ok(earlier < begin && kept === end, "only this edge moves");
  await page.keyboard.press("Home");
  await idle(page);
  assert.deepEqual(range(), [0, end]);
  await same();
});

test("the palette knows every way to look at the trace", async (t) => {
  const { page, trace, asked } = await opened(t, "?uiFind=SELECT");
  const act = async (text) => {
    await page.keyboard.press("Control+k");
    await page.getByTestId("palette-field").fill(text);
    await page.keyboard.press("Enter");
    await idle(page);
  };
  for (const [text, name, value] of [
    ["colour by kind", "colour", "kind"], ["detail below", "detail", "bottom"], ["find: dim", "show", "dim"],
    ["order siblings by self", "order", "self"], ["group repeated", "group", "1"], ["time zone: UTC", "zone", "utc"],
    ["colour by self", "colour", "self"], ["colour by percentile", "colour", "percentile"], ["ruler: clock time", "time", "absolute"], ["focus on the matches", "show", "ancestors"],
  ]) {
    await act(text);
    assert.equal(asked(name), value, text);
  }
  await act("colour by an attribute");
  assert.ok(await page.getByTestId("colour-key").evaluate((field) => field === document.activeElement), "and asks for its key");
  assert.ok(await trace.zone.isVisible());
});
