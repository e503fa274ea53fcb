// The figures of Monitor and Dependencies, held against those computed here from the spans that were sent. Nothing is shared with
// the program: requests are counted from the JSON, percentiles taken from sorted arrays, numbers printed by hand.

import assert from "node:assert/strict";
import { test } from "node:test";
import { idle, open } from "./browser.mjs";
import { Dependencies } from "./pages/dependencies.mjs";
import { Monitor } from "./pages/monitor.mjs";
import { send } from "./spans.mjs";
import { fakeJaeger, server } from "./stage.mjs";

/** More than Monitor reads (1,500) and more than Dependencies reads where the server does not count (200). */
const TRACES = 1_600;
const [INTERNAL, SERVER, CLIENT, CONSUMER] = [1, 2, 3, 5];

/**
 * Spans as rows: trace, id, parent, service, name, kind, start and end in milliseconds, error. A browser's root above four of five
 * traces, internal and client spans that are no requests, and a consumer that outlives the response by far.
 */
function world(now) {
  const spans = [];
  for (let trace = 0; trace < TRACES; trace++) {
    const start = now - 3_000_000 + trace * 1_500;
    const took = 20 + (trace * 37) % 180;
    const browser = trace % 5 !== 0;
    const add = (id, parent, service, name, kind, from, to, error = false) =>
      spans.push({ trace, id, parent, service, name, kind, start: start + from, end: start + to, error });
    if (browser) add(1, 0, "web", "click", CLIENT, 0, took + 9);
    add(2, browser ? 1 : 0, "gateway", trace % 3 ? "GET /orders" : "POST /orders", SERVER, 2, 2 + took, trace % 50 === 0);
    add(3, 2, "gateway", "validate", INTERNAL, 3, 5, trace % 7 === 0);
    add(4, 2, "gateway", "call order", CLIENT, 5, 1 + took);
    add(5, 4, "order", "create", SERVER, 6, took, trace % 11 === 0);
    add(6, 5, "order", "SELECT", CLIENT, 7, 9, trace % 13 === 0);
    add(7, 5, "email", "send", CONSUMER, 8, 700 + (trace % 40));
  }
  return spans;
}

function otlp(spans) {
  const hex = (number, width) => number.toString(16).padStart(width, "0");
  const services = groupBy(spans, (span) => span.service);
  return {
    resourceSpans: [...services].map(([service, own]) => ({
      resource: { attributes: [{ key: "service.name", value: { stringValue: service } }] },
      scopeSpans: [{
        spans: own.map(({ trace, id, parent, name, kind, start, end, error }) => ({
          traceId: hex(trace + 1, 32), spanId: hex((trace + 1) * 16 + id, 16), parentSpanId: parent ? hex((trace + 1) * 16 + parent, 16) : "",
          name, kind, startTimeUnixNano: `${start}000000`, endTimeUnixNano: `${end}000000`, status: error ? { code: 2 } : {},
        })),
      }],
    })),
  };
}

function groupBy(items, key) {
  const groups = new Map();
  for (const item of items) {
    if (!groups.has(key(item))) groups.set(key(item), []);
    groups.get(key(item)).push(item);
  }
  return groups;
}

/** The spans of the newest so many traces. */
const newest = (spans, count) => spans.filter(({ trace }) => trace >= TRACES - count);
/** The spans of the newest so many traces with a span of a service. */
const through = (spans, service, count) => {
  const traces = new Set(spans.filter((span) => span.service === service).map(({ trace }) => trace).toSorted((one, other) => other - one));
  const read = new Set([...traces].slice(0, count));
  return spans.filter(({ trace }) => read.has(trace));
};
/** A request enters a service with a server or consumer span, or with a root. */
const requests = (spans, service) => spans.filter((span) => span.service === service && (span.kind === SERVER || span.kind === CONSUMER || span.parent === 0));
const rank = (values, q) => values.toSorted((one, other) => one - other)[Math.ceil(q * values.length) - 1];
const thousands = (number) => `${number}`.replace(/\B(?=(\d{3})+$)/g, ",");
const share = (part, whole) => {
  const percent = (100 * part) / whole;
  return percent >= 10 ? `${Math.round(percent)} %` : `${Math.round(percent * 10) / 10} %`;
};

function figures(spans, service, name) {
  const own = requests(spans, service).filter((span) => name === undefined || span.name === name);
  const durations = own.map(({ start, end }) => end - start);
  return { count: own.length, errors: own.filter(({ error }) => error).length, p50: rank(durations, 0.5), p95: rank(durations, 0.95), p99: rank(durations, 0.99) };
}

async function filled(t) {
  const stage = await server(t);
  const spans = world(Date.now());
  for (let from = 0; from < TRACES; from += 400) {
    await send(stage.otlp_http, otlp(spans.filter(({ trace }) => trace >= from && trace < from + 400)));
  }
  return { stage, spans };
}

/** Holds every figure of a service against those of these spans. */
async function checkFigures(monitor, service, spans, { max = true } = {}) {
  const { count, errors, p50, p95, p99 } = figures(spans, service);
  const latency = await monitor.summary("latency");
  assert.ok(latency.startsWith(`p50 ${p50} ms · p95 ${p95} ms · p99 ${p99} ms`), `${service}: ${latency}`);
  assert.equal(/ · max /.test(latency), max, latency);
  assert.match(await monitor.title("latency"), new RegExp(`Latency of ${service}`));
  assert.ok((await monitor.summary("errors")).endsWith(`${errors} of ${thousands(count)}`), `${service}: ${await monitor.summary("errors")}`);
  const operations = await monitor.operations();
  const names = [...new Set(requests(spans, service).map(({ name }) => name))];
  assert.deepEqual(Object.keys(operations).toSorted(), names.toSorted(), service);
  for (const name of names) {
    const one = figures(spans, service, name);
    const failed = one.errors ? `${one.errors} (${share(one.errors, one.count)})` : "0";
    assert.deepEqual(operations[name].slice(0, 4), [thousands(one.count), failed, `${one.p50} ms`, `${one.p95} ms`], `${service} ${name}`);
  }
}

test("Monitor's figures are those of all entry spans of the time range", async (t) => {
  const { stage, spans } = await filled(t);
  const page = await open(t, `${stage.viewer}/monitor?service=gateway`);
  const monitor = new Monitor(page);
  for (const service of ["gateway", "order", "email", "web"]) {
    await monitor.choose(service);
    await checkFigures(monitor, service, spans);
    const { count } = figures(spans, service);
    assert.match(await monitor.note.innerText(), new RegExp(`^${thousands(count)} requests since \\d\\d:\\d\\d:\\d\\d$`));
    assert.equal(await monitor.gap("rate"), "No earlier requests");
  }
});

test("rates are over the time that is covered", async (t) => {
  const { stage, spans } = await filled(t);
  const page = await open(t, `${stage.viewer}/monitor?service=gateway`);
  const monitor = new Monitor(page);
  const own = requests(spans, "gateway");
  const rate = async () => {
    const [, number, unit] = /^([\d.]+) \/(s|min)$/.exec(await monitor.summary("rate"));
    return Number(number) / (unit === "min" ? 60 : 1);
  };
  const near = (value, expected) => assert.ok(Math.abs(value / expected - 1) < 0.03, `${value} instead of ${expected}`);
  const started = own[0].start;
  near(await rate(), own.length / ((Date.now() - started) / 1000));

  // An earlier request, from before the time range: what it leaves quiet was quiet.
  const earlier = world(Date.now() - 7_200_000).filter(({ trace }) => trace === 0).map((span) => ({ ...span, trace: TRACES }));
  await send(stage.otlp_http, otlp(earlier));
  await page.getByRole("button", { name: "Refresh" }).click();
  await idle(page);
  near(await rate(), own.length / 3600);
  assert.equal(await monitor.gap("rate"), "");
  assert.equal(await monitor.note.innerText(), `${thousands(own.length)} requests`);
});

const CONTRADICTION = {
  startTimeUnixNano: `${Date.now() - 60_000}000000`, endTimeUnixNano: `${Date.now()}000000`, sliceNanos: "1000000000",
  total: { requests: 9, errors: 0, p50Nanos: 1, maxNanos: 1 }, slices: [], operations: [],
};
for (const [what, answer] of [
  ["has no metrics", { status: 501, body: JSON.stringify({ errors: [{ code: 501, msg: "trace metrics are currently disabled" }] }) }],
  ["does not know of metrics", { status: 404, type: "text/plain", body: "404 page not found" }],
  ["answers metrics with a page", { type: "text/html", body: "<html></html>" }],
  ["has no calls in its metrics", { body: JSON.stringify({ name: "service_call_rate", type: "GAUGE", metrics: [] }) }],
  ["has metrics that contradict themselves", { body: JSON.stringify({ name: "service_call_rate", metrics: [], entrySpans: CONTRADICTION }) }],
]) {
  test(`Monitor's figures are those of the newest traces where the server ${what}`, async (t) => {
    const { stage, spans } = await filled(t);
    const jaeger = await proxied(t, stage, (path) => path.startsWith("/api/metrics/") && answer);
    const page = await open(t, `${jaeger.url}/monitor?service=gateway`, { allowed: [/status of (404|501)/] });
    const monitor = new Monitor(page);
    assert.match(await monitor.note.innerText(), /Newest 1,500 traces only: covers/);
    assert.equal(await monitor.gap("rate"), "Not loaded");
    for (const service of ["gateway", "order", "email", "web"]) {
      await monitor.choose(service);
      await checkFigures(monitor, service, through(spans, service, 1_500));
    }
  });
}

test("Monitor reads the metrics of a Jaeger", async (t) => {
  const { stage, spans } = await filled(t);
  // Our own server answers Jaeger's API, too.
  const jaeger = await proxied(t, stage, (path, url) => {
    url.searchParams.delete("entrySpans");
    return path === "/api/v3/traces" || path === "/api/traces";
  });
  const page = await open(t, `${jaeger.url}/monitor?service=gateway`);
  const monitor = new Monitor(page);
  for (const service of ["gateway", "order", "email"]) {
    await monitor.choose(service);
    // Histograms know no longest.
    await checkFigures(monitor, service, spans, { max: false });
  }
  assert.match(await page.getByTestId("monitor-meaning").innerText(), /estimated from histograms/);
});

test("the first visit shows a service that has traffic", async (t) => {
  const { stage } = await filled(t);
  const old = world(Date.now() - 86_400_000).filter(({ trace }) => trace < 3).map((span) => ({ ...span, trace: span.trace + TRACES, service: "a-quiet-one" }));
  await send(stage.otlp_http, otlp(old));
  const page = await open(t, `${stage.viewer}/monitor`);
  assert.match(page.url(), /\?service=email$/, "the first of those with the most requests");
  assert.equal(await new Monitor(page).chart("rate").count(), 1);
});

test("an operation's row leads to its traces, and its table is sorted by key", async (t) => {
  const { stage } = await filled(t);
  const page = await open(t, `${stage.viewer}/monitor?service=gateway`, { viewport: { width: 800, height: 700 } });
  const monitor = new Monitor(page);
  assert.deepEqual(Object.keys(await monitor.operations()), ["GET /orders", "POST /orders"], "most requests first");
  await monitor.sortByKey("Requests");
  assert.deepEqual(Object.keys(await monitor.operations()), ["POST /orders", "GET /orders"]);
  await monitor.sortByKey("Operation");
  assert.deepEqual(Object.keys(await monitor.operations()), ["GET /orders", "POST /orders"]);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  assert.equal(wide, false, "800 px hold the page");
  await page.locator('[data-operation="POST /orders"] a').first().press("Enter");
  await idle(page);
  assert.match(page.url(), /\/search\?.*operation=POST/);
  assert.match(page.url(), /service=gateway/);
});

test("the figures of summaries are called those of traces", async (t) => {
  const { stage } = await filled(t);
  const jaeger = await proxied(t, stage, (path) => /^\/api\/(v3\/traces|metrics\/)/.test(path) || path === "/api/traces");
  const page = await open(t, `${jaeger.url}/monitor?service=gateway`, { allowed: [/501/] });
  const monitor = new Monitor(page);
  assert.equal(await monitor.title("latency"), "Duration of traces through gateway");
  assert.match(await page.getByTestId("monitor-meaning").innerText(), /not of gateway itself/);
  assert.equal(await page.getByTestId("monitor-operations").count(), 0);
});

for (const way of ["counted by the server", "counted in whole traces"]) {
  test(`the figures of Dependencies, ${way}`, async (t) => {
    const { stage, spans } = await filled(t);
    const own = way === "counted by the server";
    const viewer = own ? stage.viewer : (await proxied(t, stage, (path) => path === "/api/dependencies")).url;
    const read = own ? spans : newest(spans, 200);
    const page = await open(t, `${viewer}/dependencies?list=1`, { allowed: own ? [] : [/501/] });
    const dependencies = new Dependencies(page);
    const at = new Map(read.map((span) => [`${span.trace} ${span.id}`, span]));
    const calls = read.flatMap((span) => {
      const parent = at.get(`${span.trace} ${span.parent}`);
      return parent && parent.service !== span.service ? [{ link: `${parent.service} → ${span.service}`, error: span.error }] : [];
    });
    const expected = Object.fromEntries([...groupBy(calls, ({ link }) => link)].map(([link, all]) => {
      const failed = all.filter(({ error }) => error).length;
      return [link, [thousands(all.length), share(failed, all.length)]];
    }));
    assert.deepEqual(await dependencies.links(), expected, "calls between services, none within one");
    for (const service of ["web", "gateway", "order", "email"]) {
      await dependencies.openService(service);
      const { count, errors } = figures(read, service);
      const facts = await dependencies.facts();
      assert.equal(facts.Requests, thousands(count), service);
      assert.equal(facts.Errors, errors ? `${errors} (${share(errors, count)})` : "0 %", service);
    }
  });
}

/** A Jaeger that forwards to our server, but for what it lacks: that is answered with 501, or as `lacks` says. */
async function proxied(t, stage, lacks) {
  return fakeJaeger(t, {
    api: (path, url) => {
      if (!path.startsWith("/api/")) return undefined;
      const lack = lacks(path, url);
      if (lack) return lack === true ? { status: 501, body: JSON.stringify({ errors: [{ code: 501, msg: "not implemented" }] }) } : lack;
      return {
        stream: async (response) => {
          const answer = await fetch(`${stage.viewer}${path}${url.search}`);
          response.writeHead(answer.status, { "content-type": "application/json" }).end(Buffer.from(await answer.arrayBuffer()));
        },
      };
    },
  });
}
