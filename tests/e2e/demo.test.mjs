// Scenarios and faults of the demo page, and what their traces show.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ORDER, arrived } from "./answers.mjs";
import { open } from "./browser.mjs";
import { Demo } from "./pages/demo.mjs";
import { server } from "./stage.mjs";

const services = (spans) => new Set([...spans.values()].map(({ service }) => service));

test("the scenarios of the demo page show what they are called", async (t) => {
  const { viewer } = await server(t, { demo: true });
  const page = await open(t, `${viewer}/demo`, { allowed: [/status of 50[24]/] });
  const demo = new Demo(page);

  await demo.press("demo-happy");
  assert.match(await demo.last.innerText(), /Order \d+ confirmed/);
  const happy = await arrived(viewer, await demo.lastTrace(), ORDER + 1);
  assert.ok(services(happy).has("browser"), "the click is in the trace");

  // Asked twice: the second answer comes from the cache, and nothing is generated for it.
  await demo.press("demo-cached");
  assert.match(await demo.last.innerText(), /Answered from the cache/);
  const cached = await arrived(viewer, await demo.lastTrace(), 10);
  assert.ok(services(cached).has("cache") && !services(cached).has("llm"));

  await demo.press("demo-failure");
  assert.match(await demo.last.innerText(), /payment did not answer/i);
  assert.match(await demo.last.getByTestId("demo-look-for").innerText(), /no server span below it/);
  const failed = await arrived(viewer, await demo.lastTrace(), 20);
  assert.ok(!services(failed).has("payment"), "a service that is down sends nothing");

  await demo.press("demo-timeout");
  assert.match(await demo.last.innerText(), /did not answer within 1000 ms/);
});

test("what the demo page loads for itself is not among the traces", async (t) => {
  const { viewer } = await server(t, { demo: true });
  const page = await open(t, `${viewer}/demo`);
  const demo = new Demo(page);
  await demo.press("demo-happy");
  await arrived(viewer, await demo.lastTrace(), ORDER + 1);
  const { data } = await (await fetch(`${viewer}/api/services/gateway/operations`)).json();
  assert.ok(data.includes("POST /orders") && !data.includes("GET /products"), `${data}`);
});

test("a chosen fault is explained and shows in the trace of the next order", async (t) => {
  const { viewer } = await server(t, { demo: true });
  const page = await open(t, `${viewer}/shop`);
  const demo = new Demo(page);
  await demo.chooseFault("n-plus-one");
  assert.match(await demo.hint.innerText(), /Twenty queries of one shape/);
  await demo.order();
  const spans = await arrived(viewer, await demo.lastTrace(), ORDER + 21);
  const queries = [...spans.values()].filter(({ name, service }) => service === "inventory" && name === "SELECT stock");
  assert.equal(queries.length, 21);
  assert.match(await demo.last.innerText(), /Correlation ID [0-9a-f]{16}/);
});
