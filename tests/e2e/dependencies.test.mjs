// Who calls whom, from real orders; a link and a service each lead to their traces.

import assert from "node:assert/strict";
import { test } from "node:test";
import { order, spansOf } from "./answers.mjs";
import { idle, open } from "./browser.mjs";
import { Dependencies } from "./pages/dependencies.mjs";
import { Search } from "./pages/search.mjs";
import { Trace } from "./pages/trace.mjs";
import { repeated, send } from "./spans.mjs";
import { server } from "./stage.mjs";

/** The calls between different services in one good order. */
const CALLS = [["gateway", "order"], ["order", "inventory"], ["order", "payment"], ["order", "notification"]];

test("a link of the map leads to traces in which that call was made", async (t) => {
  const stage = await server(t, { demo: true });
  const traces = [await order(stage), await order(stage), await order(stage, { fail: true })];
  const page = await open(t, `${stage.viewer}/dependencies`, { viewport: { width: 1440, height: 1300 } });
  const dependencies = new Dependencies(page);
  assert.match(await dependencies.note.innerText(), /\d/, "says what it was computed from");
  const names = await dependencies.names();
  for (const name of ["gateway", "inventory", "notification", "order", "payment"]) assert.ok(names.includes(name), `${name} in ${names}`);

  await dependencies.openService("order");
  assert.match(await dependencies.selected.innerText(), /order/);
  for (const [caller, callee] of CALLS) assert.equal(await dependencies.edge(caller, callee).count(), 1, `${caller} → ${callee}`);
  // Three orders were charged, and the failing one was not notified.
  assert.match(await dependencies.edge("order", "payment").innerText(), /\b3\b/);
  assert.match(await dependencies.edge("order", "notification").innerText(), /\b2\b/);

  await dependencies.openEdge("order", "payment");
  assert.match(await dependencies.selected.innerText(), /order\s*→\s*payment/);
  await dependencies.examples.first().click();
  await idle(page);
  const opened = traces.find((id) => page.url().includes(id));
  assert.ok(opened, `${page.url()} is one of ours`);
  const spans = await spansOf(stage.viewer, opened);
  assert.deepEqual(new Set(await new Trace(page).spans()), new Set(spans.keys()));
});

test("a service of the map leads to the search for its traces", async (t) => {
  const stage = await server(t, { demo: true });
  const traces = [await order(stage), await order(stage)];
  const failing = await order(stage, { fail: true });
  const page = await open(t, `${stage.viewer}/dependencies`);
  const dependencies = new Dependencies(page);
  await dependencies.openService("notification");
  await dependencies.viewTraces();
  assert.match(page.url(), /\/search\?.*service=notification/);
  const search = new Search(page);
  // The failing order never reached it.
  assert.deepEqual(new Set(await search.traces()), new Set(traces));
  assert.ok(!(await search.traces()).includes(failing));
});

test("the slowest traces are found behind a hundred newer ones", async (t) => {
  const stage = await server(t);
  const slow = repeated(500, { at: Date.now() - 1_800_000 });
  const fast = Array.from({ length: 120 }, (_, at) => repeated(1 + (at % 3), { at: Date.now() - 600_000 + at * 1000 }));
  await send(stage.otlp_http, slow.body);
  await send(stage.otlp_http, { resourceSpans: fast.flatMap(({ body }) => body.resourceSpans) });
  const page = await open(t, `${stage.viewer}/dependencies?view=list`);
  const dependencies = new Dependencies(page);
  await dependencies.openService("basket");
  await dependencies.examples.first().waitFor();
  assert.match(await dependencies.examples.first().getAttribute("href"), new RegExp(slow.traceId));
});
