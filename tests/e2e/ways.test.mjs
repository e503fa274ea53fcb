// Errors, focus and fields, once with the mouse and once by keyboard alone.

import assert from "node:assert/strict";
import { test } from "node:test";
import { idle, open } from "./browser.mjs";
import { Search } from "./pages/search.mjs";
import { Trace } from "./pages/trace.mjs";
import { checkout, send } from "./spans.mjs";
import { server } from "./stage.mjs";

/** A checkout in which an error was passed on: the charge fails, and the root with it; and a read fails by itself. */
function failing() {
  const sent = checkout();
  const spans = sent.body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans[0].spans);
  const fail = (name, message) => {
    spans.find((span) => span.name === name).status = { code: 2, message };
  };
  fail("POST /checkout", "the checkout failed");
  fail("SELECT stock", "no connection");
  return sent;
}

/** What has the focus, by what people would call it. */
const focused = (page) =>
  page.evaluate(() => {
    const active = document.activeElement;
    if (active.matches(".waterfall-scroll")) return "tree";
    if (active.matches(".detail")) return "details";
    return active.dataset.test ?? active.closest("[data-trace-id]")?.dataset.traceId ?? active.getAttribute("aria-label") ?? active.tagName;
  });

/** Presses Tab until something has the focus. */
async function tabTo(page, wanted, key = "Tab") {
  for (let presses = 0; presses < 60; presses++) {
    if ((await focused(page)) === wanted) return;
    await page.keyboard.press(key);
  }
  assert.fail(`${wanted} is not reached by ${key}`);
}

for (const way of ["mouse", "keyboard"]) {
  test(`from the search to the cause of an error (${way})`, async (t) => {
    const { viewer, otlp_http } = await server(t);
    const sent = failing();
    await send(otlp_http, sent.body);
    const page = await open(t, `${viewer}/search?service=frontend&lookback=1h`);
    const [search, trace] = [new Search(page), new Trace(page)];
    const isMouse = way === "mouse";
    const press = async (...keys) => {
      for (const key of keys) await page.keyboard.press(key);
      await idle(page);
    };

    if (isMouse) {
      await search.search();
      // Anywhere in its row.
      await search.row(sent.traceId).locator(".result__duration").click();
      await idle(page);
    } else {
      await tabTo(page, "search-submit");
      await press("Enter");
      await tabTo(page, sent.traceId);
      await press("Enter");
    }
    await page.waitForFunction(() => document.activeElement.matches(".waterfall-scroll"));

    const next = async () => {
      if (isMouse) await page.getByTestId("trace-errors").click();
      else await press("x");
      await idle(page);
    };
    const at = async (name) => assert.equal(await trace.selected(), sent.ids[name], name);
    assert.match(await page.getByTestId("trace-errors").textContent(), /3 errors/);
    await next();
    await at("SELECT stock");
    await next();
    await at("charge card");
    await next();
    await at("POST /checkout");
    await next();
    await at("SELECT stock");

    // Own error and passed-on error are told apart, at the row and in its words.
    assert.match(await trace.words(sent.ids["charge card"]), /error/);
    assert.notEqual(await trace.mark(sent.ids["charge card"]), "");

    if (isMouse) {
      await trace.row(sent.ids["charge card"]).click();
      await idle(page);
    } else {
      await press("x", "Enter");
      await press("F6");
      assert.equal(await focused(page), "details");
    }
    await at("charge card");
    const detail = await trace.detail.innerText();
    assert.match(detail, /card declined/);
    // The message of the error stands above the attributes.
    assert.ok(detail.indexOf("card declined") < detail.indexOf("payment.method"));

    if (isMouse) await page.getByRole("button", { name: "Close details" }).click();
    else await press("Escape");
    await idle(page);
    assert.equal(await trace.detail.count(), 0);
    await page.waitForFunction(() => document.activeElement.matches(".waterfall-scroll"));
  });

  test(`the focus goes where one works, and a refused field has it (${way})`, async (t) => {
    const { viewer, otlp_http } = await server(t);
    const sent = failing();
    await send(otlp_http, sent.body);
    const page = await open(t, `${viewer}/search?service=frontend&lookback=1h`);
    const [search, trace] = [new Search(page), new Trace(page)];
    const isMouse = way === "mouse";
    const field = page.getByTestId("field-min");

    // A field that is refused.
    if (isMouse) await field.click();
    else await tabTo(page, "field-min");
    await page.keyboard.type("soon");
    if (isMouse) await page.getByTestId("search-submit").click();
    else await page.keyboard.press("Enter");
    await idle(page);
    assert.equal(await focused(page), "field-min");
    assert.equal(await field.getAttribute("aria-invalid"), "true");
    await page.keyboard.press("Control+a");
    await page.keyboard.type("1ms");
    if (isMouse) await page.getByTestId("search-submit").click();
    else await page.keyboard.press("Enter");
    await idle(page);
    assert.match(page.url(), /minDuration=1ms/);
    assert.deepEqual(await search.traces(), [sent.traceId]);

    // A trace that is opened: its tree.
    if (isMouse) await search.open(sent.traceId);
    else {
      await tabTo(page, sent.traceId);
      await page.keyboard.press("Enter");
      await idle(page);
    }
    await page.waitForFunction(() => document.activeElement.matches(".waterfall-scroll"));

    // Details, and back to the tree.
    if (isMouse) {
      await trace.openDetail(sent.ids["reserve stock"]);
      assert.equal(await focused(page), "tree", "a click keeps the focus in the tree");
      await trace.detail.click({ position: { x: 20, y: 10 } });
      await trace.row(sent.ids["charge card"]).click();
      await idle(page);
      assert.equal(await focused(page), "tree");
    } else {
      for (const key of ["j", "j", "Enter"]) await page.keyboard.press(key);
      await idle(page);
      await page.keyboard.press("F6");
      assert.equal(await focused(page), "details");
      await page.keyboard.press("F6");
      await page.keyboard.press("F6");
      assert.equal(await focused(page), "tree");
      await page.keyboard.press("f");
      await idle(page);
      assert.equal(await focused(page), "tree");
    }

    // The grip between rows and details.
    const grip = page.getByRole("separator", { name: "Resize details" });
    const width = async () => (await trace.detail.boundingBox()).width;
    const before = await width();
    if (isMouse) {
      const { x, y, width, height } = await grip.boundingBox();
      await page.mouse.move(x + width / 2, y + height / 2);
      await page.mouse.down();
      await page.mouse.move(x - 60, y + height / 2, { steps: 4 });
      await page.mouse.up();
    } else {
      await grip.focus();
      for (let presses = 0; presses < 3; presses++) await page.keyboard.press("ArrowLeft");
    }
    await idle(page);
    assert.ok((await width()) > before, `${await width()} px after ${before}`);
  });
}
