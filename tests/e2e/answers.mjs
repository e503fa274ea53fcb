// What the server itself says about a trace, for journeys to hold the page against.

/**
 * The spans of a trace by id: `{ id, parent, name, service, failed, kind, start, end, attributes, events, links }`, in no
 * order; times in milliseconds since 1970. Empty where there is no such trace.
 */
export async function spansOf(viewer, traceId) {
  const response = await fetch(`${viewer}/api/v3/traces/${traceId}`);
  if (!response.ok) return new Map();
  const { result } = await response.json();
  const spans = new Map();
  for (const { resource, scopeSpans } of result.resourceSpans) {
    const service = resource.attributes.find(({ key }) => key === "service.name").value.stringValue;
    for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
      const { spanId: id, parentSpanId: parent = "", name, status, kind, links = [] } = span;
      const [start, end] = [milliseconds(span.startTimeUnixNano), milliseconds(span.endTimeUnixNano)];
      const events = (span.events ?? []).map((event) => ({ name: event.name, attributes: plain(event.attributes) }));
      const attributes = plain(span.attributes);
      spans.set(id, { id, parent, name, service, failed: status?.code === 2, kind, start, end, attributes, events, links });
    }
  }
  return spans;
}

const milliseconds = (nanoseconds = "0") => Number(nanoseconds) / 1e6;

/** Attributes of OTLP as an object of values. */
function plain(attributes = []) {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

/** Waits until what is asserted of a trace's spans holds; throws the last failure where it does not within ten seconds. */
export async function settled(viewer, traceId, assertion) {
  for (let tries = 0; ; tries++) {
    const spans = await spansOf(viewer, traceId);
    try {
      return assertion(spans);
    } catch (why) {
      if (tries === 50) throw why;
    }
    await new Promise((later) => setTimeout(later, 200));
  }
}

/** Waits until the services have sent as many spans of the trace: they do so a moment after they have answered. */
export async function arrived(viewer, traceId, count) {
  for (let tries = 0; ; tries++) {
    const spans = await spansOf(viewer, traceId);
    if (spans.size >= count) return spans;
    if (tries === 200) throw new Error(`${spans.size} of ${count} spans arrived: ${JSON.stringify([...spans.values()])}`);
    await new Promise((later) => setTimeout(later, 50));
  }
}

/** The one span of that service and name. */
export function only(spans, service, name) {
  const found = [...spans.values()].filter((span) => span.service === service && span.name === name);
  if (found.length !== 1) throw new Error(`${found.length} spans are ${service} ${name}`);
  return found[0];
}

/** The ids of all spans above one, nearest first. */
export function above(spans, { parent }) {
  const ids = [];
  for (let span = spans.get(parent); span; span = spans.get(span.parent)) ids.push(span.id);
  return ids;
}

const GOOD = { user_id: "ada", payment_method: "credit_card", items: [{ id: "item-1", name: "Widget", price: 29.99, quantity: 2 }] };

/** Spans of a good order of the demo, without a browser's; and of one that fails in payment. */
export const ORDER = 27;
export const FAILED = 25;

/** Orders at the gateway itself, as a program would. Gives the trace's id; the spans have arrived. */
export async function order({ viewer, gateway }, { fail = false } = {}) {
  const path = fail ? "orders/simulate-error" : "orders";
  const response = await fetch(`${gateway}/${path}`, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(GOOD),
  });
  const { trace_id: traceId } = await response.json();
  await arrived(viewer, traceId, fail ? FAILED : ORDER);
  return traceId;
}
