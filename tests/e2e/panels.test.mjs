// What surrounds the waterfall of a trace with long names and errors: it keeps its room, nothing moves, errors are reached.

import assert from "node:assert/strict";
import { test } from "node:test";
import { idle, open } from "./browser.mjs";
import { Search } from "./pages/search.mjs";
import { Trace } from "./pages/trace.mjs";
import { checkout, send } from "./spans.mjs";
import { server } from "./stage.mjs";

const LONG = "GET /api/v2/organisations/{organisation}/warehouses/{warehouse}/reservations/{reservation}/confirmations";

/** A checkout whose root has a long name, one of whose services has, and in which the root has an error too. */
async function opened(t, viewport) {
  const { viewer, otlp_http } = await server(t);
  const sent = checkout();
  const [frontend, stock] = sent.body.resourceSpans;
  frontend.scopeSpans[0].spans[0].name = LONG;
  frontend.scopeSpans[0].spans[0].status = { code: 2 };
  stock.resource.attributes[0].value.stringValue = "inventory-reservation-service.europe-west.production";
  await send(otlp_http, sent.body);
  const page = await open(t, `${viewer}/trace/${sent.traceId}`, { viewport });
  return { page, trace: new Trace(page), sent };
}

test("the find field keeps 240 px beside a long name, and its row its height", async (t) => {
  for (const width of [1280, 1600, 1024, 800]) {
    const { page, trace } = await opened(t, { width, height: 700 });
    const top = async () => (await trace.waterfall.boundingBox()).y;
    const wide = async () => (await trace.finder.boundingBox()).width;
    const before = await top();
    assert.ok((await wide()) >= 240, `${await wide()} px at ${width}`);
    await trace.look("stock");
    assert.ok((await wide()) >= 240, `${await wide()} px at ${width}, with something found`);
    assert.equal(await top(), before, `what is below does not move at ${width}`);
    await page.close();
  }
});

test("when the trace started is within the window beside a long name, at every width", async (t) => {
  for (const width of [1600, 1280, 1024, 800]) {
    const { page, trace } = await opened(t, { width, height: 700 });
    const started = trace.header.getByText("Started");
    const { right, cut } = await started.evaluate((fact) => ({ right: fact.getBoundingClientRect().right, cut: fact.scrollWidth > fact.clientWidth + 1 && getComputedStyle(fact).overflow !== "visible" }));
    assert.ok(right <= width, `it ends at ${right} of ${width} px`);
    assert.equal(cut, false, `its own text is not cut at ${width}`);
    // Whatever is around it cuts nothing of it off.
    const hidden = await started.evaluate((fact) => {
      const box = fact.getBoundingClientRect();
      for (let around = fact.parentElement; around; around = around.parentElement) {
        const outer = around.getBoundingClientRect();
        if (getComputedStyle(around).overflowX !== "visible" && outer.right + 0.5 < box.right) return around.className;
      }
      return "";
    });
    assert.equal(hidden, "", `nothing cuts it off at ${width}`);
    await page.close();
  }
});

test("a span's details say on which day it started where the trace goes on for days, and only there", async (t) => {
  const { viewer, otlp_http } = await server(t);
  const shown = async (days) => {
    const sent = checkout();
    const [root, ...others] = sent.body.resourceSpans.flatMap((resource) => resource.scopeSpans[0].spans);
    root.endTimeUnixNano = `${BigInt(root.endTimeUnixNano) + BigInt(days) * 86_400_000_000_000n}`;
    await send(otlp_http, sent.body);
    const page = await open(t, `${viewer}/trace/${sent.traceId}?zone=utc`);
    const trace = new Trace(page);
    await trace.openDetail(others[0].spanId);
    const at = trace.detail.locator("span", { hasText: /^At / }).first();
    const day = new Date(Number(BigInt(others[0].startTimeUnixNano) / 1_000_000n)).toISOString().slice(0, 10);
    return { text: await at.innerText(), day };
  };
  const long = await shown(3);
  assert.match(long.text, new RegExp(`^At ${long.day} `));
  const short = await shown(0);
  assert.doesNotMatch(short.text, /\d{4}-\d{2}-\d{2}/);
});

test("chips of services in search results show whole names where there is room, else a count of the rest", async (t) => {
  const { viewer, otlp_http } = await server(t);
  const sent = checkout();
  await send(otlp_http, sent.body);
  const services = new Set(sent.body.resourceSpans.map((resource) => resource.resource.attributes[0].value.stringValue));
  for (const width of [1600, 1280, 1024, 800]) {
    const page = await open(t, `${viewer}/search?service=frontend&lookback=1h`, { viewport: { width, height: 700 } });
    const row = new Search(page).row(sent.traceId);
    const { names, free, more } = await row.locator(".result__chips").evaluate((chips) => {
      const names = [...chips.querySelectorAll(".result__chip-name")].map((name) => ({ text: name.textContent, wide: name.clientWidth, wanted: name.scrollWidth }));
      const last = chips.lastElementChild.getBoundingClientRect();
      return { names, free: chips.getBoundingClientRect().right - last.right, more: Boolean(chips.querySelector(".result__more")) };
    });
    assert.ok(names.length > 0);
    assert.equal(names.length === services.size, !more, `a count stands for the rest at ${width}`);
    for (const { text, wide, wanted } of names) {
      assert.ok(wide >= wanted || free < 1, `${text} is cut to ${wide} of ${wanted} px beside ${free} free ones at ${width}`);
      assert.ok(wide >= Math.min(wanted, 40), `${text} has ${wide} of ${wanted} px at ${width}`);
    }
    await page.close();
  }
});

test("names of the legend end in an ellipsis and are whole in their tooltip", async (t) => {
  const { page } = await opened(t, { width: 1280, height: 700 });
  const face = page.locator(".legend-entry .menu-face").filter({ hasText: "inventory-reservation" });
  const { cut, overflow } = await face.evaluate((face) => ({ cut: face.scrollWidth > face.clientWidth, overflow: getComputedStyle(face).textOverflow }));
  assert.ok(cut, "the name does not fit");
  assert.equal(overflow, "ellipsis");
  const button = page.getByTestId("legend-entry").filter({ hasText: "inventory-reservation" }).getByRole("button");
  assert.match(await button.getAttribute("title"), /inventory-reservation-service\.europe-west\.production/);
});

test("names from traces are isolated from the text around them", async (t) => {
  const { page, trace } = await opened(t);
  const isolated = (locator) => locator.evaluateAll((elements) => elements.map((element) => getComputedStyle(element).unicodeBidi));
  assert.deepEqual(await isolated(trace.name.locator("bdi")), ["isolate", "isolate"]);
  for (const direction of await isolated(page.locator(".legend-entry .menu-face"))) assert.equal(direction, "isolate");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await idle(page);
  assert.deepEqual(await isolated(trace.detail.locator(".detail-parent bdi")), ["isolate", "isolate"]);
});

// A mark that turns the direction of what follows, in the name of the service: the operation stays behind it.
test("a mark of direction in a service's name does not turn the text around it", async (t) => {
  const { viewer, otlp_http } = await server(t);
  const sent = checkout();
  sent.body.resourceSpans[0].resource.attributes[0].value.stringValue = "\u202efrontend";
  await send(otlp_http, sent.body);
  const page = await open(t, `${viewer}/trace/${sent.traceId}`);
  const trace = new Trace(page);
  const [service, operation] = await trace.name.locator("bdi").evaluateAll((names) => names.map((name) => name.getBoundingClientRect().left));
  assert.ok(service < operation, `the service starts at ${service} px, the operation at ${operation}`);
});

test("errors are reached from the header, by key and from the palette, the deepest first", async (t) => {
  const { page, trace, sent } = await opened(t);
  const at = async (name) => {
    await idle(page);
    assert.equal(await trace.selected(), sent.ids[name], name);
  };
  const count = page.getByTestId("trace-errors");
  assert.equal(await count.textContent(), "2 errors");
  await count.click();
  await at("charge card");
  await count.click();
  await at("POST /checkout");
  await trace.waterfall.focus();
  await page.keyboard.press("x");
  await at("charge card");
  await page.keyboard.press("Shift+X");
  await at("POST /checkout");
  await page.keyboard.press("Control+k");
  await page.getByTestId("palette-field").fill("next error");
  await page.getByTestId("palette-field").press("Enter");
  await at("charge card");
});

test("the dialog of shortcuts explains the marks", async (t) => {
  const { page } = await opened(t);
  await page.keyboard.press("?");
  const marks = page.getByTestId("help").getByTestId("marks");
  assert.match(await marks.innerText(), /Error in a descendant/);
  const sizes = await marks.locator("i").evaluateAll((marks) => marks.map((mark) => mark.getBoundingClientRect()).map(({ width, height }) => Math.min(width, height)));
  assert.ok(sizes.every((size) => size > 0), `every mark is drawn: ${sizes}`);
});

test("copying moves nothing", async (t) => {
  const { page } = await opened(t);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  const copy = page.locator(".trace-header-id .copy");
  const { width } = await copy.boundingBox();
  await copy.click();
  await page.waitForFunction(() => document.querySelector(".trace-header-id .copy").textContent !== "Copy");
  assert.equal((await copy.boundingBox()).width, width);
});

test("choosing a view moves no tab", async (t) => {
  const { page } = await opened(t);
  const tabs = page.getByTestId("tab").filter({ visible: true });
  const places = () => tabs.evaluateAll((tabs) => tabs.map((tab) => tab.getBoundingClientRect().left));
  const before = await places();
  for (const key of ["3", "7", "t"]) {
    await page.keyboard.press(key);
    await idle(page);
    assert.deepEqual(await places(), before, key);
  }
});
