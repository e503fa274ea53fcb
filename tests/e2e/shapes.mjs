// Traces at the edges, as OTLP JSON: as deep, as wide, as manifold, as long and as hostile as they come.
//
//   node tests/e2e/shapes.mjs chain 100000 > chain.json      (or fan, services, long, hostile)

import { pathToFileURL } from "node:url";

export const TRACE_ID = "5ca1e0000000000000000000000000ff";

const BEGIN = 1_700_000_000_000_000_000n;
const attribute = (key, value) => ({ key, value: { stringValue: value } });

/** The id of the span with this number. */
export const spanId = (number) => (number + 1).toString(16).padStart(16, "0");

/** The text of a trace; `spans` yields `{number, parent, from, to, name, service, more}`, times in microseconds. */
function text(spans) {
  const services = new Map();
  for (const { number, parent, from, to, name, service, ...more } of spans) {
    if (!services.has(service)) services.set(service, []);
    services.get(service).push(JSON.stringify({
      traceId: TRACE_ID, spanId: spanId(number), parentSpanId: parent === undefined ? "" : spanId(parent), name, kind: 2,
      startTimeUnixNano: `${BEGIN + BigInt(from) * 1000n}`, endTimeUnixNano: `${BEGIN + BigInt(to) * 1000n}`, ...more,
    }));
  }
  const of = ([service, spans]) =>
    `{"resource":{"attributes":[${JSON.stringify(attribute("service.name", service))}]},"scopeSpans":[{"scope":{},"spans":[${spans.join(",")}]}]}`;
  return `{"resourceSpans":[${[...services].map(of).join(",")}]}`;
}

function* numbers(count, span) {
  for (let number = 0; number < count; number++) yield { number, ...span(number) };
}

/** Each span calls the next, `count` of them; the last one fails. */
export const chain = (count) => text(numbers(count, (number) => ({
  parent: number ? number - 1 : undefined, from: number, to: 2 * count - number, name: `level ${number}`,
  service: `service ${number % 3}`, ...(number === count - 1 && { status: { code: 2 } }),
})));

/** A root with `count` children, one after the other; every thousandth fails. */
export const fan = (count) => text(numbers(count + 1, (number) => ({
  parent: number ? 0 : undefined, from: 10 * Math.max(0, number - 1), to: number ? 10 * number : 10 * count,
  name: number ? `get item ${number % 50}` : "get everything", service: number ? "items" : "gateway",
  attributes: [attribute("item.id", `${number}`)], ...(number % 1000 === 999 && { status: { code: 2 } }),
})));

/** `count` services with five spans each: a tree eight wide in which most calls go to another service. */
export const services = (count) => text(numbers(5 * count, (number) => ({
  parent: number ? Math.floor((number - 1) / 8) : undefined, from: number, to: 10 * count - Math.floor(number / 2),
  name: `GET /${number % 20}`, service: `service-${String((number * 7) % count).padStart(5, "0")}`,
  attributes: [attribute("shard", `${number % 12_000}`)],
})));

/** A root with `count` children of `bytes` bytes each. */
export const heavy = (count, bytes) => text(numbers(count + 1, (number) => ({
  parent: number ? 0 : undefined, from: number, to: number ? number + 1 : count + 1, name: "save", service: "archive",
  attributes: [attribute("page", "x".repeat(bytes)), attribute("item.id", `${number}`)],
})));

/** A span with texts of `bytes` letters: one without a blank, one with lines, one that is JSON. */
export const long = (bytes) => text([{
  number: 0, from: 0, to: 1000, name: "import", service: "loader",
  attributes: [
    attribute("one.word", "x".repeat(bytes)),
    attribute("many.lines", "a line of the log, like all of the others\n".repeat(Math.ceil(bytes / 42))),
    attribute("as.json", JSON.stringify({ rows: Array.from({ length: Math.ceil(bytes / 30) }, (_, row) => ({ row, name: "a row" })) })),
    attribute("last", "still here"),
  ],
}]);

/** What a page must never take for its own: by key. */
export const HOSTILE = {
  "markup": "<script>window.taken = true</script><img src=x onerror='window.taken = true'>",
  "<b onclick='window.taken = true'>key</b>": "the key is the markup",
  "address": "javascript:window.taken=true",
  "control": "a\u0000b\u0007c\u001b[31mred\u0085d\u2028e\tf\r\ng",
  "right.to.left": "\u202Egnp.exe\u202C \u05E9\u05DC\u05D5\u05DD \u0645\u0631\u062D\u0628\u0627",
  "surrogate": "half \uD800 of one",
  "marks": `${"e\u0301"} Z${"\u0353\u030C".repeat(60)} \u{1F469}\u200D\u{1F4BB} \u200B|`,
  ["__proto__"]: "constructor",
  "": "no key",
  ["key.".repeat(500)]: "a key of two thousand letters",
  "quoted": `"' \\ \` \${window.taken = true} {{7*7}} %s %00 ]]> --> */`,
  "json.like": `{"a": [1, {"b": "</script>"}`,
};

/** A root whose every text is hostile, with a child like it. */
export const hostile = () => text(numbers(2, (number) => ({
  parent: number ? 0 : undefined, from: 0, to: 1000, service: HOSTILE.markup,
  name: number ? `${HOSTILE["right.to.left"]}\n${"name ".repeat(1000)}` : HOSTILE.markup,
  attributes: Object.entries(HOSTILE).map(([key, value]) => attribute(key, value)),
  events: [{ timeUnixNano: `${BEGIN + 1000n}`, name: HOSTILE.markup, attributes: [attribute("exception.stacktrace", HOSTILE.markup)] }],
  status: { code: 2, message: HOSTILE.markup },
})));

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [shape, size] = process.argv.slice(2);
  process.stdout.write({ chain, fan, services, long, hostile }[shape](Number(size)));
}
