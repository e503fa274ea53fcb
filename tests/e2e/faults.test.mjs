// Every fault and every kind of request of the demo page: what its trace shows, read through the query API.

import assert from "node:assert/strict";
import { test } from "node:test";
import { above, only, settled } from "./answers.mjs";
import { open } from "./browser.mjs";
import { Demo } from "./pages/demo.mjs";
import { server } from "./stage.mjs";

const ORDER = ["browser", "gateway", "auth", "user", "order", "payment", "inventory", "notification"];
const QUESTION = ["browser", "gateway", "auth", "orchestrator", "cache", "search", "vector", "rag", "llm"];
const [SERVER, CLIENT, PRODUCER, CONSUMER] = [2, 3, 4, 5];

const all = (spans, service, name) =>
  [...spans.values()].filter((span) => span.service === service && span.name === name).sort((one, other) => one.start - other.start);
const statements = (spans, start) =>
  [...spans.values()].filter(({ attributes }) => String(attributes["db.query.text"] ?? "").startsWith(start)).sort((one, other) => one.start - other.start);
const services = (spans) => new Set([...spans.values()].map(({ service }) => service));
const crosses = (spans, names) => assert.deepEqual([...services(spans)].sort(), [...names].sort());
const took = ({ start, end }) => end - start;
const inSequence = (spans) => spans.every(({ start }, index) => index === 0 || start >= spans[index - 1].end);
const without = (names, ...missing) => names.filter((name) => !missing.includes(name));

/** The spans that failed are these and those above them, and no others. */
function errorsFrom(spans, origins) {
  const expected = new Set(origins.flatMap((origin) => [origin.id, ...above(spans, origin)]));
  const failed = new Set([...spans.values()].filter((span) => span.failed).map(({ id }) => id));
  const named = (ids) => [...ids].map((id) => `${spans.get(id).service} ${spans.get(id).name}`).sort();
  assert.deepEqual(named(failed), named(expected));
}

/** One root, no parent that is missing, attributes by the semantic conventions, and a link across the queue. */
function wellFormed(spans) {
  const roots = [...spans.values()].filter(({ parent }) => !spans.has(parent));
  assert.deepEqual(roots.map(({ service }) => service), ["browser"]);
  for (const span of spans.values()) {
    const { kind, attributes, parent, links, service, name } = span;
    const has = (...keys) => keys.forEach((key) => assert.ok(key in attributes, `${service} ${name} has no ${key}`));
    if (kind === SERVER) {
      has("http.request.method", "http.route", "http.response.status_code", "url.path", "url.scheme", "server.address", "server.port");
      assert.equal(spans.get(parent)?.kind, CLIENT, `${service} ${name} is below the span of its call`);
    }
    if (kind === CLIENT && "db.system.name" in attributes && service !== "cache") has("db.query.text", "db.operation.name", "db.collection.name", "db.namespace");
    if (kind === CLIENT && !("db.system.name" in attributes) && !("gen_ai.operation.name" in attributes)) {
      has("http.request.method", "url.full", "server.address");
    }
    if ("gen_ai.operation.name" in attributes) has("gen_ai.request.model", "gen_ai.provider.name", "gen_ai.usage.input_tokens");
    if (attributes["gen_ai.operation.name"] === "chat") has("gen_ai.response.model", "gen_ai.usage.output_tokens");
    if (kind === PRODUCER || kind === CONSUMER) {
      has("messaging.system", "messaging.destination.name", "messaging.operation.type", "messaging.message.id");
    }
    if (kind === CONSUMER) {
      assert.equal(spans.get(parent)?.kind, PRODUCER);
      assert.deepEqual(links.map(({ spanId }) => spanId), [parent], "linked to the message");
    }
  }
}

/** By the fault's name: what its trace shows. */
const FAULTS = {
  "payment-declined": (spans) => {
    const origin = only(spans, "payment", "authorize payment");
    assert.ok(origin.events.some(({ name }) => name === "exception"));
    errorsFrom(spans, [origin]);
    only(spans, "inventory", "DELETE reservations");
    crosses(spans, without(ORDER, "notification"));
  },
  "service-down": (spans) => {
    const calls = all(spans, "order", "POST /payments");
    assert.deepEqual(calls.map(({ attributes }) => Number(attributes["http.request.resend_count"] ?? 0)), [0, 1]);
    errorsFrom(spans, calls);
    crosses(spans, without(ORDER, "payment", "notification"));
  },
  timeout: (spans) => {
    const call = only(spans, "order", "POST /payments");
    const called = only(spans, "payment", "POST /payments");
    assert.ok(took(call) >= 1000, `${took(call)} ms`);
    assert.ok(called.end > call.end, "it goes on");
    assert.ok(!called.failed);
    errorsFrom(spans, [call]);
  },
  "slow-database": (spans) => {
    const query = only(spans, "inventory", "SELECT stock_history");
    assert.ok(took(query) > 100, `${took(query)} ms`);
    assert.match(query.attributes["db.query.text"], /RECURSIVE/);
    crosses(spans, ORDER);
  },
  "n-plus-one": (spans) => {
    const found = [...spans.values()]
      .filter(({ attributes }) => (attributes["db.query.text"] ?? "").includes("FROM stock WHERE id = $1"))
      .sort((one, other) => one.start - other.start);
    assert.equal(found.length, 20);
    assert.equal(new Set(found.map(({ parent }) => parent)).size, 1);
    assert.ok(inSequence(found));
  },
  "n-plus-one-interleaved": (spans) => {
    const texts = [...spans.values()]
      .filter(({ attributes }) => /FROM (stock WHERE id|reservations WHERE item_id) = \$1/.test(attributes["db.query.text"] ?? ""))
      .sort((one, other) => one.start - other.start)
      .map(({ attributes }) => attributes["db.query.text"]);
    assert.equal(texts.length, 20);
    assert.ok(texts.every((text, index) => index === 0 || text !== texts[index - 1]), "no two neighbours are equal");
  },
  "sequential-calls": (spans) => {
    const calls = all(spans, "order", "GET /products/{id}");
    assert.ok(calls.length >= 5 && inSequence(calls));
    assert.equal(new Set(calls.map(({ attributes }) => attributes["url.full"])).size, calls.length);
  },
  "identical-calls": (spans) => {
    const calls = all(spans, "order", "GET /products/{id}");
    assert.equal(calls.length, 6);
    assert.equal(new Set(calls.map(({ attributes }) => attributes["url.full"])).size, 1);
  },
  "retry-storm": (spans) => {
    const calls = all(spans, "order", "POST /payments");
    assert.deepEqual(calls.map(({ failed }) => failed), [true, true, true, true, false]);
    const waits = calls.slice(1).map(({ start }, index) => start - calls[index].end);
    assert.ok(waits.every((wait, index) => index === 0 || wait > waits[index - 1]), `${waits}`);
    crosses(spans, ORDER);
  },
  "cache-cold": (spans) => {
    only(spans, "cache", "DEL");
    only(spans, "llm", "chat extractive-1");
    crosses(spans, QUESTION);
  },
  "pool-exhausted": (spans) => {
    const queries = statements(spans, "SELECT on_hand FROM stock");
    assert.equal(queries.length, 12);
    const atOnce = queries.map(({ start: at }) => queries.filter(({ start, end }) => start <= at && at < end).length);
    assert.equal(Math.max(...atOnce), 3);
  },
  "clock-skew": (spans) => {
    const call = only(spans, "order", "POST /payments");
    const called = only(spans, "payment", "POST /payments");
    assert.ok(called.start - call.start >= 200, `${called.start - call.start} ms`);
    crosses(spans, ORDER);
  },
  "broken-propagation": (spans) => {
    const call = only(spans, "payment", "GET /customers/{id}");
    assert.ok(![...spans.values()].some(({ parent }) => parent === call.id), "nothing is below it");
    only(spans, "user", "GET /customers/{id}");
  },
  "fan-out": (spans) => {
    const shelves = all(spans, "inventory", "check shelf");
    assert.equal(shelves.length, 5000);
    assert.equal(new Set(shelves.map(({ parent }) => parent)).size, 1);
  },
  "unended-span": (spans) => {
    const span = only(spans, "order", "check loyalty");
    assert.ok(span.end <= span.start, "it has no end");
  },
  "memory-pressure": (spans) => {
    const { events } = only(spans, "order", "build report");
    const allocated = events.map(({ attributes }) => Number(attributes["allocated.bytes"]));
    assert.deepEqual(allocated, [1, 2, 3, 4, 5, 6, 7, 8].map((block) => block * 8 * 2 ** 20));
  },
  "unsampled-branch": (spans) => {
    assert.equal(all(spans, "order", "GET /products/{id}").length, 8);
    assert.equal(all(spans, "inventory", "GET /products/{id}").length, 4);
  },
};

test("each fault of the demo page shows in the trace of its request", async (t) => {
  const { viewer, gateway } = await server(t, { demo: true });
  const page = await open(t, `${viewer}/demo`, { allowed: [/status of 50[24]/] });
  const demo = new Demo(page);
  const listed = await (await fetch(`${gateway}/demo/faults`)).json();
  assert.deepEqual(listed.map(({ name }) => name).sort(), Object.keys(FAULTS).sort(), "each fault has its journey");
  await demo.press("demo-ask");
  const asked = await demo.lastTrace();
  await settled(viewer, asked, (spans) => crosses(spans, QUESTION));
  let before = asked;
  for (const { name, look_for: lookFor, request } of listed) {
    await demo.chooseFault(name);
    assert.ok((await demo.hint.innerText()).startsWith(lookFor), name);
    await demo.press(request.includes("/ask") ? "demo-ask" : "demo-submit");
    await demo.last.getByTestId("demo-look-for").getByText(lookFor).waitFor();
    const trace = await demo.lastTrace();
    assert.notEqual(trace, before, name);
    before = trace;
    try {
      await settled(viewer, trace, (spans) => {
        FAULTS[name](spans);
        wellFormed(spans);
      });
    } catch (why) {
      why.message = `${name}: ${why.message}`;
      throw why;
    }
  }
});

test("a question, parallel calls and a simulated error are each one trace from the click on", async (t) => {
  const { viewer } = await server(t, { demo: true });
  const page = await open(t, `${viewer}/demo`, { allowed: [/status of 502/] });
  const demo = new Demo(page);

  await demo.press("demo-ask");
  await settled(viewer, await demo.lastTrace(), (spans) => {
    crosses(spans, QUESTION);
    wellFormed(spans);
    errorsFrom(spans, []);
    const [words, vector] = [only(spans, "orchestrator", "POST /search"), only(spans, "orchestrator", "POST /lookup")];
    assert.ok(words.start < vector.end && vector.start < words.end, "searched in parallel");
  });

  await demo.press("demo-orchestrate");
  await settled(viewer, await demo.lastTrace(), (spans) => {
    crosses(spans, ["browser", "gateway", "orchestrator", "service1", "service2"]);
    wellFormed(spans);
    const [first, second] = [only(spans, "service1", "GET /service1"), only(spans, "service2", "GET /service2")];
    assert.ok(took(first) >= 1000 && took(second) >= 500);
    assert.ok(second.end < first.end, "both at the same time");
  });

  await demo.simulateError();
  await settled(viewer, await demo.lastTrace(), (spans) => {
    errorsFrom(spans, [only(spans, "payment", "authorize payment")]);
    wellFormed(spans);
  });
});
