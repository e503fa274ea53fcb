// Sends one story through the stock JavaScript OpenTelemetry SDK, once per exporter, and prints what it sent.
//
// Usage: node emit.mjs --http URL --grpc URL [--only EXPORTER] [--bulk N]
//
// URL is the base of an OTLP/HTTP receiver and of an OTLP/gRPC one. Standard output gets one JSON object per exporter
// and line: {"exporter", "spans": [...]}, each span as the SDK's own in-memory exporter has it. The packages are found in
// $SPANDREL_NPM (a folder with node_modules), else beside this file.

import { createRequire } from "node:module";
import { parseArgs } from "node:util";

const require = createRequire(process.env.SPANDREL_NPM ? `${process.env.SPANDREL_NPM}/x.js` : import.meta.url);
const { ROOT_CONTEXT, SpanKind, SpanStatusCode, createTraceState, trace } = require("@opentelemetry/api");
const { BasicTracerProvider, BatchSpanProcessor, InMemorySpanExporter, SimpleSpanProcessor } = require(
  "@opentelemetry/sdk-trace-base",
);
const { resourceFromAttributes } = require("@opentelemetry/resources");
const json = require("@opentelemetry/exporter-trace-otlp-http");
const proto = require("@opentelemetry/exporter-trace-otlp-proto");
const grpc = require("@opentelemetry/exporter-trace-otlp-grpc");

const exporters = (http, rpc) => {
  const url = `${http}/v1/traces`;
  const compression = "gzip";
  return {
    "node-json": () => new json.OTLPTraceExporter({ url }),
    "node-json-gzip": () => new json.OTLPTraceExporter({ url, compression }),
    "node-proto": () => new proto.OTLPTraceExporter({ url }),
    "node-proto-gzip": () => new proto.OTLPTraceExporter({ url, compression }),
    "node-grpc": () => new grpc.OTLPTraceExporter({ url: rpc }),
    "node-grpc-gzip": () => new grpc.OTLPTraceExporter({ url: rpc, compression }),
  };
};

/** One trace with every kind, status and attribute type, and `bulk` plain spans below its root. */
function tell(tracer, bulk) {
  const elsewhere = {
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    traceFlags: 1,
    isRemote: true,
    traceState: createTraceState("vendor=state"),
  };
  const attributes = {
    text: "plain",
    "text.empty": "",
    "text.unicode": 'Grüße 東京 🚲 "quoted" \\ \n',
    true: true,
    false: false,
    int: 42,
    "int.negative": -7,
    "int.large": Number.MAX_SAFE_INTEGER,
    double: 0.1,
    texts: ["a", "", "ü"],
    ints: [1, 2, -3],
    doubles: [0.5, 1.5],
    bools: [true, false],
    "none.at.all": [],
  };
  const links = [{ context: elsewhere, attributes: { why: "cause", weight: 3 } }];
  const root = tracer.startSpan("GET /story", { kind: SpanKind.SERVER, attributes, links }, ROOT_CONTEXT);
  const below = trace.setSpan(ROOT_CONTEXT, root);
  root.addEvent("read", { bytes: 512, cached: false });
  const call = tracer.startSpan("call", { kind: SpanKind.CLIENT }, below);
  call.setStatus({ code: SpanStatusCode.OK });
  call.end();
  const send = tracer.startSpan("send", { kind: SpanKind.PRODUCER }, below);
  send.end();
  const process = { kind: SpanKind.CONSUMER, links: [{ context: send.spanContext() }, { context: elsewhere }] };
  tracer.startSpan("process", process, below).end();
  const fail = tracer.startSpan("fail", {}, below);
  // A stack of our own choice: the real one names the folders of the machine.
  const message = "the story ends badly";
  fail.recordException({ name: "RangeError", message, stack: `RangeError: ${message}\n    at tell` });
  fail.setStatus({ code: SpanStatusCode.ERROR, message });
  fail.end();
  for (let number = 0; number < bulk; number++) {
    const step = tracer.startSpan("step", { attributes: { number } }, below);
    step.addEvent("done", { number });
    step.end();
  }
  root.end();
}

// Nanoseconds do not fit a number: they travel as text.
const nanos = ([seconds, rest]) => `${BigInt(seconds) * 1_000_000_000n + BigInt(rest)}`;
const ids = (context) => ({ trace_id: context.traceId, span_id: context.spanId });

function plain(span) {
  return {
    ...ids(span.spanContext()),
    parent_id: span.parentSpanContext?.spanId ?? "",
    name: span.name,
    kind: SpanKind[span.kind],
    start: nanos(span.startTime),
    end: nanos(span.endTime),
    status: SpanStatusCode[span.status.code],
    message: span.status.message ?? "",
    attributes: span.attributes,
    events: span.events.map((e) => ({ name: e.name, time: nanos(e.time), attributes: e.attributes ?? {} })),
    links: span.links.map((l) => ({
      ...ids(l.context),
      state: l.context.traceState?.serialize() ?? "",
      attributes: l.attributes ?? {},
    })),
    resource: span.resource.attributes,
    scope: { name: span.instrumentationScope.name, version: span.instrumentationScope.version },
  };
}

const { values } = parseArgs({
  options: {
    http: { type: "string" },
    grpc: { type: "string" },
    only: { type: "string" },
    bulk: { type: "string", default: "0" },
  },
});
for (const [name, exporter] of Object.entries(exporters(values.http, values.grpc))) {
  if (values.only && values.only !== name) continue;
  const kept = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ "service.name": name, "deployment.environment.name": "test" }),
    spanProcessors: [new BatchSpanProcessor(exporter()), new SimpleSpanProcessor(kept)],
  });
  tell(provider.getTracer("story", "1.0.0"), Number(values.bulk));
  await provider.forceFlush();
  console.log(JSON.stringify({ exporter: name, spans: kept.getFinishedSpans().map(plain) }));
  await provider.shutdown();
}
