// A deterministic trace as Jaeger JSON, for benchmarks in a clone that has no neighbour: services that call each other,
// nine tags a span or so, events on one span in ten, an error on one in a hundred. The same bytes on every machine.

/** Small, fast and the same everywhere (xorshift with 32 bits). */
function random(seed) {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const SERVICES = ["edge", "accounts", "basket", "catalogue", "delivery", "invoices", "ledger", "mailer", "pricing", "stock"];
const WORK = ["load", "check", "render", "store", "send", "merge", "quote", "reserve"];
const BEGIN_US = 1_760_000_000_000_000;

/** The text of a trace with `count` spans, in the order in which exporters deliver: children before parents. */
export function jaegerTrace(count) {
  const next = random(count);
  const hex = () => (next(0x7fffffff) + 1).toString(16).padStart(8, "0") + next(0x7fffffff).toString(16).padStart(8, "0");
  const traceID = `0000000000000000${hex()}`;
  const spans = [{ id: hex(), parent: -1, service: 0, begin: 0, time: count * 80 }];
  // Each span hangs below one of the last few dozen: wide in places, deep in others, and never a recursion.
  for (let at = 1; at < count; at++) {
    const parent = Math.max(0, at - 1 - next(40));
    const { service, begin, time } = spans[parent];
    const share = Math.max(1, Math.floor((time * (1 + next(60))) / 100));
    spans.push({
      id: hex(), parent, begin: begin + next(Math.max(1, time - share)), time: share,
      service: next(3) ? service : (service + 1 + next(4)) % SERVICES.length,
    });
  }
  const tag = (key, value) => ({ key, type: typeof value === "string" ? "string" : typeof value === "boolean" ? "bool" : "int64", value });
  const written = spans.map(({ id, parent, service, begin, time }, at) => {
    const failed = next(100) === 0;
    const tags = [
      tag("span.kind", at % 3 ? "client" : "server"),
      tag("http.request.method", "GET"),
      tag("http.route", `/api/${SERVICES[service]}/${WORK[next(8)]}`),
      tag("url.full", `http://${SERVICES[service]}.internal:8080/api/${WORK[next(8)]}?tenant=${next(400)}&page=${next(30)}`),
      tag("http.response.status_code", failed ? 500 : 200),
      tag("server.address", `10.${next(32)}.${next(256)}.${next(254) + 1}`),
      tag("tenant.id", `tenant-${next(400)}`),
      tag("thread.id", next(128)),
    ];
    if (failed) tags.push(tag("error", true));
    const logs = next(10) ? [] : [{ timestamp: BEGIN_US + begin, fields: [tag("event", "cache \"miss\""), tag("item.count", next(900))] }];
    return {
      traceID, spanID: id, operationName: `${WORK[at % 8]} ${SERVICES[service]}`, flags: 1,
      references: parent < 0 ? [] : [{ refType: "CHILD_OF", traceID, spanID: spans[parent].id }],
      startTime: BEGIN_US + begin, duration: time, tags, logs, processID: `p${service + 1}`, warnings: null,
    };
  });
  const processes = Object.fromEntries(SERVICES.map((serviceName, at) => [`p${at + 1}`, { serviceName, tags: [tag("host.name", `node-${at}`)] }]));
  written.reverse();
  return JSON.stringify({ data: [{ traceID, spans: written, processes, warnings: null }], total: 0, limit: 0, offset: 0, errors: null });
}
