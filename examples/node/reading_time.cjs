// Estimates how long an answer takes to read: a service of Spandrel's demo in JavaScript.
//
// Usage: node reading_time.cjs [--host HOST] [--port PORT]
//
// Port 0 takes a free one. When it listens, one line says so: `ready reading-time=http://HOST:PORT`.
//
// Node's HTTP server with OpenTelemetry's SDK and its instrumentation of HTTP, as their documentation says. The caller's
// trace continues by the W3C headers `traceparent`, `tracestate` and `baggage`; spans go where the variables
// OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_TRACES_ENDPOINT say, http://localhost:4318 by default. The packages
// are found in $SPANDREL_NPM (a folder with node_modules), else beside this file.

const { createRequire } = require("node:module");
const { parseArgs } = require("node:util");

// HTTP attributes by today's semantic conventions. The instrumentation reads it when it is made.
process.env.OTEL_SEMCONV_STABILITY_OPT_IN ??= "http";

const load = process.env.SPANDREL_NPM ? createRequire(`${process.env.SPANDREL_NPM}/x.js`) : require;
const { context, propagation, trace } = load("@opentelemetry/api");
const { getRPCMetadata } = load("@opentelemetry/core");
const { OTLPTraceExporter } = load("@opentelemetry/exporter-trace-otlp-proto");
const { registerInstrumentations } = load("@opentelemetry/instrumentation");
const { HttpInstrumentation } = load("@opentelemetry/instrumentation-http");
const { defaultResource, resourceFromAttributes } = load("@opentelemetry/resources");
const { BatchSpanProcessor } = load("@opentelemetry/sdk-trace-base");
const { NodeTracerProvider } = load("@opentelemetry/sdk-trace-node");

const VERSION = "0.1.0";
/** Words that a reader takes in per second: 230 per minute. */
const WORDS_PER_SECOND = 230 / 60;
/** The most bytes of a body. */
const LIMIT = 256 << 10;

const provider = new NodeTracerProvider({
  resource: defaultResource().merge(
    resourceFromAttributes({
      "service.name": "reading-time",
      "service.namespace": "spandrel-demo",
      "service.version": VERSION,
    }),
  ),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
// Also sets the propagators of the W3C headers.
provider.register();
const ignoreIncomingRequestHook = ({ url }) => url.startsWith("/health");
registerInstrumentations({
  tracerProvider: provider,
  instrumentations: [new HttpInstrumentation({ ignoreIncomingRequestHook })],
});
// After the instrumentation, which changes it.
const http = require("node:http");
const tracer = trace.getTracer("reading-time", VERSION);

async function body(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > LIMIT) return undefined;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    return undefined;
  }
}

/** The answer's status and value. */
async function answer(request) {
  const route = new URL(request.url, "http://x").pathname;
  if (request.method === "GET" && route === "/health") {
    return [200, { service: "reading-time", version: VERSION, status: "ok" }];
  }
  if (route !== "/estimate") return [404, { detail: `there is nothing at ${route}` }];
  // Names the server span `POST /estimate`.
  const metadata = getRPCMetadata(context.active());
  if (metadata) metadata.route = route;
  if (request.method !== "POST") return [405, { detail: "POST is the only method here" }];
  const correlationId = propagation.getBaggage(context.active())?.getEntry("correlation.id")?.value;
  if (correlationId) trace.getActiveSpan()?.setAttribute("correlation.id", correlationId);
  const text = (await body(request))?.text;
  if (typeof text !== "string") return [422, { detail: "`text` must be a text", field: "text" }];
  return tracer.startActiveSpan("count words", (span) => {
    const words = text.split(/\s+/).filter(Boolean).length;
    const seconds = words / WORDS_PER_SECOND;
    span.setAttributes({ "text.words": words, "text.reading_seconds": seconds });
    span.end();
    return [200, { words, seconds }];
  });
}

const { values } = parseArgs({
  options: { host: { type: "string", default: "127.0.0.1" }, port: { type: "string", default: "8021" } },
});
const server = http.createServer(async (request, response) => {
  const [status, value] = await answer(request).catch((error) => [500, { detail: String(error) }]);
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
});
server.listen(Number(values.port), values.host, () => {
  console.log(`ready reading-time=http://${values.host}:${server.address().port}`);
});

async function stop() {
  server.close();
  server.closeIdleConnections();
  // Sends the spans that wait.
  await provider.shutdown();
  process.exit(0);
}
process.once("SIGTERM", stop);
process.once("SIGINT", stop);
