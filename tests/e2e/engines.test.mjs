// The core journeys in the other two browser engines: find a trace, open it, select, look closer, find, reload, open a
// file, place an order.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isKept } from "./browser.mjs";
import { ENGINES } from "./engines.mjs";
import { checkout, send } from "./spans.mjs";
import { server } from "./stage.mjs";

const row = (id) => `[data-test="span-row"][data-span-id="${id}"]`;
const ROWS = '[data-test="span-row"][data-span-id]';

for (const [name, start] of Object.entries(ENGINES)) {
  test(`${name}: search, open, select, zoom, find, reload`, async (t) => {
    const { viewer, otlp_http } = await server(t);
    const sent = checkout();
    await send(otlp_http, sent.body);
    const window = await start(t);
    await window.open(`${viewer}/search?service=frontend&lookback=1h`);
    const result = `[data-test="result-row"][data-trace-id="${sent.traceId}"] .result__name`;
    await window.click(result);
    assert.match(await window.url(), new RegExp(`/trace/${sent.traceId}`));
    const spans = ["POST /checkout", "reserve stock", "SELECT stock", "charge card"].map((name) => sent.ids[name]);
    assert.deepEqual(await window.all(ROWS, "data-span-id"), spans);

    await window.click(row(sent.ids["charge card"]));
    const detail = await window.text('[data-test="detail"]');
    for (const fact of [/payment\.method/, /credit_card/, /card declined/]) assert.match(detail, fact);
    const before = await drawn(window);
    await window.press("+");
    await window.press("+");
    assert.notEqual(await drawn(window), before, "a closer look draws something else");

    await window.fill('[data-test="find"]', "stock");
    assert.match(await window.text('[data-test="find-count"]'), /2/);
    const view = { address: await window.url(), rows: await window.all(ROWS, "data-mark"), drawn: await drawn(window) };
    await window.reload();
    assert.deepEqual({ address: await window.url(), rows: await window.all(ROWS, "data-mark"), drawn: await drawn(window) }, view);
  });

  test(`${name}: a file opens, also after a reload`, async (t) => {
    const { viewer } = await server(t);
    const window = await start(t);
    await window.open(viewer);
    const sent = checkout();
    await window.run((name, text) => {
      const carried = new DataTransfer();
      carried.items.add(new File([text], name));
      for (const kind of ["dragenter", "dragover", "drop"]) {
        document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true }));
      }
    }, "checkout.json", JSON.stringify(sent.body));
    await window.until((css) => document.querySelectorAll(css).length === 4, ROWS);
    await window.until(isKept, sent.traceId);
    await window.reload();
    await window.until((css) => document.querySelectorAll(css).length === 4, ROWS);
  });

  test(`${name}: an order shows its trace`, async (t) => {
    const { viewer } = await server(t, { demo: true });
    const window = await start(t);
    await window.open(`${viewer}/demo`);
    await window.click('[data-test="demo-submit"]');
    assert.match(await window.text('[data-test="demo-result"]'), /Order \d+ confirmed/);
    await window.until(() => document.querySelector('[data-test="demo-spans"]') !== null);
    await window.click('[data-test="demo-result"] [data-test="open-trace"]');
    assert.match(await window.url(), /\/trace\/[0-9a-f]{32}/);
    await window.until((css) => document.querySelectorAll(css).length > 10, ROWS);
  });
}

/** What the waterfall has drawn. */
function drawn(window) {
  return window.run(() => document.querySelector('[data-test="waterfall-canvas"]').toDataURL());
}
