// The main job: find a trace, open it, look at a span, look closer, and find the same view again after a reload.

import assert from "node:assert/strict";
import { test } from "node:test";
import { idle, open } from "./browser.mjs";
import { Search } from "./pages/search.mjs";
import { Trace } from "./pages/trace.mjs";
import { checkout, send } from "./spans.mjs";
import { server } from "./stage.mjs";

test("search, open, look at a span, zoom: a reload gives the same view", async (t) => {
  const { viewer, otlp_http } = await server(t);
  const sent = checkout();
  await send(otlp_http, sent.body);

  const page = await open(t, viewer);
  const search = new Search(page);
  assert.ok((await search.services()).some((name) => name.includes("frontend")));
  await search.search({ service: "frontend" });
  assert.equal(await search.rows.count(), 1);
  const row = await search.row(sent.traceId).innerText();
  assert.match(row, /POST \/checkout/);
  assert.match(row, /90(\.0+)? ms/);
  assert.match(row, /payment/);
  const results = page.url();

  await search.open(sent.traceId);
  const trace = new Trace(page);
  assert.match(page.url(), new RegExp(`/trace/${sent.traceId}`));
  assert.match(await trace.header.innerText(), /POST \/checkout/);
  assert.deepEqual(await trace.spans(), ["POST /checkout", "reserve stock", "SELECT stock", "charge card"].map((name) => sent.ids[name]));

  await trace.openDetail(sent.ids["charge card"]);
  const detail = await trace.detail.innerText();
  for (const fact of [/payment\.method/, /credit_card/, /card declined/, /service\.version/, /1\.4\.2/]) assert.match(detail, fact);

  const whole = await trace.view();
  await trace.zoom();
  const closer = await trace.view();
  assert.notEqual(closer.drawn, whole.drawn, "zooming draws something else");
  assert.notEqual(closer.address, whole.address, "what is seen can be linked");

  await page.reload();
  await idle(page);
  assert.deepEqual(await new Trace(page).view(), closer);

  await page.goBack();
  await idle(page);
  assert.equal(page.url(), results);
  assert.equal(await search.rows.count(), 1);
});

test("an address of Jaeger's opens the same thing", async (t) => {
  const { viewer, otlp_http } = await server(t);
  const sent = checkout();
  await send(otlp_http, sent.body);
  const page = await open(t, `${viewer}/search?service=stock&operation=reserve%20stock&limit=20&lookback=1h&maxDuration&minDuration`);
  await new Search(page).row(sent.traceId).waitFor();
  await page.goto(`${viewer}/trace/${sent.traceId}?uiFind=card`);
  await idle(page);
  assert.equal((await new Trace(page).spans()).length, sent.count);
});
