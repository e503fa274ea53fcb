// From the bytes of a Jaeger JSON to an outline that can be drawn, and until every attribute can be searched; beside
// `JSON.parse(new TextDecoder().decode(bytes))` on the main thread. One page, one browser, interleaved, medians.
//
//   cargo xtask bench decode [--spans 50000] [--rounds 7]

import { createRequire } from "node:module";
import { join } from "node:path";
import { existsSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { spans: { type: "string", default: "50000" }, rounds: { type: "string", default: "7" }, dist: { type: "string" } },
});
if (values.dist) process.env.SPANDREL_DIST = values.dist;
const { fakeJaeger } = await import("../e2e/stage.mjs");

const spans = Number(values.spans);
const { from, text } = await generated(spans);
const bytes = Buffer.from(text);

const require = createRequire(join(process.env.SPANDREL_NPM, "package.json"));
const { chromium } = require("playwright-core");
const undo = [];
try {
  const { url } = await fakeJaeger({ after: (stop) => undo.push(stop) }, {
    api: (path) => (path === "/api/bytes" ? { body: bytes } : path.startsWith("/api/") ? { status: 404, body: "" } : undefined),
  });
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
  undo.push(() => browser.close());
  const page = await browser.newPage();
  await page.goto(`${url}/`);
  await page.waitForFunction(() => document.documentElement.dataset.idle === "true", null, { timeout: 60_000 });
  const rounds = await page.evaluate(measure, Number(values.rounds));
  report(rounds);
} finally {
  for (const stop of undo.reverse()) await stop();
}

/** Runs in the page. */
async function measure(rounds) {
  const bytes = new Uint8Array(await (await fetch("api/bytes")).arrayBuffer());
  const pause = (ms) => new Promise((later) => setTimeout(later, ms));
  const mark = (name) =>
    new Promise((found, failed) => {
      const late = setTimeout(() => failed(new Error(`the app did not report ${name} within a minute`)), 60_000);
      const watch = new PerformanceObserver((list) => {
        const [entry] = list.getEntriesByName(name);
        if (!entry) return;
        clearTimeout(late);
        watch.disconnect();
        found(entry.startTime);
      });
      watch.observe({ type: "mark" });
    });
  const tasks = [];
  new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ startTime, duration }) => ({ startTime, duration })))).observe({ type: "longtask" });

  const results = [];
  for (let round = 0; round < rounds; round++) {
    await pause(500);
    let begun = performance.now();
    let parsed = JSON.parse(new TextDecoder().decode(bytes));
    const floor = performance.now() - begun;
    if (!parsed.data) throw new Error("not the trace that was asked for");
    parsed = null;

    const given = bytes.slice();
    await pause(500);
    const drawable = mark("spandrel:outline");
    const searchable = mark("spandrel:searchable");
    begun = performance.now();
    dispatchEvent(new CustomEvent("spandrel:open", { detail: given }));
    const outline = (await drawable) - begun;
    const all = (await searchable) - begun;
    await pause(300);
    const longest = tasks.filter(({ startTime }) => startTime >= begun).reduce((most, { duration }) => Math.max(most, duration), 0);
    results.push({ floor, outline, all, longest });
  }
  return results;
}

function report(rounds) {
  const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
  const of = (name) => median(rounds.map((round) => round[name]));
  const floor = of("floor");
  const line = (what, name, most) => {
    const first = rounds[0][name];
    console.log(`${what.padEnd(46)} ${of(name).toFixed(0).padStart(6)} ms ${(of(name) / floor).toFixed(2).padStart(6)} × floor${most ? ` (at most ${most})` : ""}; first run ${first.toFixed(0)} ms`);
  };
  console.log(`Decoding ${spans} spans, ${(bytes.length / 1e6).toFixed(1)} MB of Jaeger JSON (${from}), ${rounds.length} rounds, medians`);
  line("floor: JSON.parse(TextDecoder.decode(bytes))", "floor");
  line("ours: outline on the page, drawable", "outline", 0.6);
  line("ours: every attribute searchable", "all", 1.1);
  const longest = Math.max(...rounds.map((round) => round.longest));
  console.log(longest ? `longest task of the main thread meanwhile: ${longest.toFixed(0)} ms (at most 50)` : "no task of the main thread over 50 ms meanwhile");
}

async function generated(count) {
  const neighbour = fileURLToPath(new URL("../../../shared/bench/gen_trace.mjs", import.meta.url));
  if (!existsSync(neighbour)) {
    const { jaegerTrace } = await import("./trace.mjs");
    return { from: "our own generator", text: jaegerTrace(count) };
  }
  const { buildSpans, traceIdFor, writeJaegerTrace } = await import(pathToFileURL(neighbour));
  const parts = [];
  writeJaegerTrace(buildSpans(count), traceIdFor(count), (part) => parts.push(part));
  return { from: "the generator of ../shared/bench", text: `{"data":[${parts.join("")}],"total":0,"limit":0,"offset":0,"errors":null}` };
}
