// A small trace with known spans, as OTLP JSON: sent to a server, or dropped as a file.

import { randomBytes } from "node:crypto";

const hex = (bytes) => randomBytes(bytes).toString("hex");

/**
 * A checkout through three services, ten minutes ago: a root, two branches, and a failed charge below the second.
 * Gives the request's body, the trace's id and the spans' ids by name.
 */
export function checkout({ at = Date.now() - 600_000, traceId = hex(16) } = {}) {
  const ids = {};
  const begin = BigInt(at) * 1_000_000n;
  const span = (name, parent, from, to, more = {}) => {
    ids[name] = hex(8);
    return {
      traceId, spanId: ids[name], parentSpanId: parent ? ids[parent] : "", name, kind: parent ? 3 : 2,
      startTimeUnixNano: `${begin + BigInt(from) * 1000n}`, endTimeUnixNano: `${begin + BigInt(to) * 1000n}`, ...more,
    };
  };
  const text = (key, value) => ({ key, value: { stringValue: value } });
  const of = (service, ...spans) => ({
    resource: { attributes: [text("service.name", service), text("service.version", "1.4.2")] },
    scopeSpans: [{ scope: { name: "e2e" }, spans }],
  });
  const root = span("POST /checkout", null, 0, 90_000, { attributes: [text("http.request.method", "POST"), text("http.route", "/checkout")] });
  const stock = span("reserve stock", "POST /checkout", 5_000, 30_000);
  const read = span("SELECT stock", "reserve stock", 8_000, 21_000, { attributes: [text("db.system.name", "postgresql")] });
  const pay = span("charge card", "POST /checkout", 35_000, 85_000, {
    status: { code: 2, message: "card declined" },
    attributes: [text("payment.method", "credit_card")],
    events: [{ timeUnixNano: `${begin + 80_000_000n}`, name: "exception", attributes: [text("exception.message", "card declined")] }],
  });
  return {
    traceId, ids, count: 4,
    body: { resourceSpans: [of("frontend", root), of("stock", stock, read), of("payment", pay)] },
  };
}

/** A root with so many children of one name, one after the other, each with an `item` of its own. */
export function repeated(count, { at = Date.now() - 600_000, traceId = hex(16) } = {}) {
  const begin = BigInt(at) * 1_000_000n;
  const time = (us) => `${begin + BigInt(us) * 1000n}`;
  const root = hex(8);
  const spans = [{ traceId, spanId: root, name: "GET /basket", kind: 2, startTimeUnixNano: time(0), endTimeUnixNano: time(count * 1000) }];
  for (let child = 0; child < count; child++) {
    spans.push({
      traceId, spanId: hex(8), parentSpanId: root, name: "SELECT item", kind: 3,
      startTimeUnixNano: time(child * 1000), endTimeUnixNano: time(child * 1000 + 900),
      attributes: [{ key: "item", value: { stringValue: `item number ${child}` } }],
    });
  }
  const attributes = [{ key: "service.name", value: { stringValue: "basket" } }];
  return { traceId, ids: { "GET /basket": root }, count: count + 1, body: { resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans }] }] } };
}

/** The body of a request with a trace for each name: a span of a server, 5 ms long, ten minutes ago. */
export function named(service, names, { at = Date.now() - 600_000 } = {}) {
  const begin = BigInt(at) * 1_000_000n;
  const spans = names.map((name) => ({
    traceId: hex(16), spanId: hex(8), name, kind: 2, startTimeUnixNano: `${begin}`, endTimeUnixNano: `${begin + 5_000_000n}`,
  }));
  return { resourceSpans: [{ resource: { attributes: [{ key: "service.name", value: { stringValue: service } }] }, scopeSpans: [{ spans }] }] };
}

/** A root with so many calls of one operation, one after the other: the first takes 100 µs, each further one 100 µs more. */
export function uneven(count, { at = Date.now() - 600_000, traceId = hex(16) } = {}) {
  const begin = BigInt(at) * 1_000_000n;
  const time = (us) => `${begin + BigInt(us) * 1000n}`;
  const id = (number) => (number + 1).toString(16).padStart(16, "0");
  let now = 0;
  const calls = Array.from({ length: count }, (_, call) => {
    const from = now;
    now += 100 * (call + 1);
    return { traceId, spanId: id(call + 1), parentSpanId: id(0), name: "GET price", kind: 3, startTimeUnixNano: time(from), endTimeUnixNano: time(now) };
  });
  const root = { traceId, spanId: id(0), name: "GET /prices", kind: 2, startTimeUnixNano: time(0), endTimeUnixNano: time(now + 50) };
  const resource = { attributes: [{ key: "service.name", value: { stringValue: "prices" } }] };
  return { traceId, id, ids: {}, count: count + 1, body: { resourceSpans: [{ resource, scopeSpans: [{ spans: [root, ...calls] }] }] } };
}

/**
 * A root of a second with events: one at 100 ms, eight within a pixel at 500 ms, one beside the right edge at 985 ms; and more
 * children than a screen has rows, the first with an event at 300 ms.
 */
export function eventful({ at = Date.now() - 600_000, traceId = hex(16) } = {}) {
  const begin = BigInt(at) * 1_000_000n;
  const time = (us) => `${begin + BigInt(us) * 1000n}`;
  const id = (number) => (number + 1).toString(16).padStart(16, "0");
  const attributes = (pairs) => Object.entries(pairs).map(([key, value]) => ({ key, value: { stringValue: value } }));
  const event = (us, name, pairs = {}) => ({ timeUnixNano: time(us), name, attributes: attributes(pairs) });
  const span = (number, from, to, more) => ({
    traceId, spanId: id(number), parentSpanId: number ? id(0) : "", name: number ? "step" : "import", kind: 1,
    startTimeUnixNano: time(from), endTimeUnixNano: time(to), ...more,
  });
  const many = Array.from({ length: 8 }, (_, at) => event(500_000 + at, `row ${at}`));
  const last = event(985_000, "flush", { "why.so.late": "the disk was busy ".repeat(40), bytes: "1024" });
  const root = span(0, 0, 1_000_000, { events: [event(100_000, "cache.miss", { sku: "sku-7", "cache.name": "prices" }), ...many, last] });
  const steps = Array.from({ length: 60 }, (_, at) => span(at + 1, 200_000 + at, 400_000, at ? {} : { events: [event(300_000, "half")] }));
  const resource = { attributes: attributes({ "service.name": "importer" }) };
  return { traceId, id, ids: {}, count: 61, body: { resourceSpans: [{ resource, scopeSpans: [{ spans: [root, ...steps] }] }] } };
}

/** Sends a body to an OTLP/HTTP receiver, which must take it whole. */
export async function send(receiver, body) {
  const response = await fetch(`${receiver}/v1/traces`, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
  });
  if (response.status !== 200) throw new Error(`the receiver answers ${response.status}: ${await response.text()}`);
}

/** A root and `count` steps below it, each as long as all of it, in bodies that a receiver takes; `id(0)` is the root. `alike` gives attributes by step and makes all steps one operation. */
export function steps(count, { at = Date.now() - 600_000, traceId = hex(16), alike } = {}) {
  const begin = BigInt(at) * 1_000_000n;
  const id = (step) => (step + 1).toString(16).padStart(16, "0");
  const attributes = Array.from({ length: 10 }, (_, at) => ({ key: `shop.step.${at}`, value: { stringValue: `a value of some length, number ${at}` } }));
  const span = (step) => ({
    traceId, spanId: id(step), parentSpanId: step ? id(0) : "", name: !step ? "all" : alike ? "step" : `step ${step}`, kind: 1,
    startTimeUnixNano: `${begin}`, endTimeUnixNano: `${begin + 1_000_000_000n}`, attributes: alike && step ? alike(step) : attributes,
  });
  const resource = { attributes: [{ key: "service.name", value: { stringValue: "stepper" } }] };
  const bodies = [];
  for (let from = 0; from <= count; from += 5_000) {
    const spans = Array.from({ length: Math.min(5_000, count + 1 - from) }, (_, at) => span(from + at));
    bodies.push({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
  }
  return { traceId, id, bodies };
}
