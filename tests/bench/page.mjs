// Our pages and the plain list of ../shared/bench/plain, each measured by the harness there, one after the other on the
// same machine; then the ratios and their limits. Other pages than that of a trace are compared with Jaeger UI, which was
// measured on another machine: each as a multiple of the plain list in its own run (see the harness's README.md).
//
//   cargo xtask bench page [--sizes 10000,50000,100000,200000] [--runs 5] [--only home,trace,search,deps]

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const text = (name) => ({ type: "string", default: name });
const { values } = parseArgs({
  options: {
    harness: text(""), dist: text(""), data: text(""), out: text(""), version: text(""),
    sizes: text("10000,50000,100000,200000"), runs: text("5"), only: text("trace"), retries: text("3"), patience: text("180"),
  },
});
const sizes = values.sizes.split(",").map(Number);
const within = (path) => join(values.harness, path);
const adapter = fileURLToPath(new URL("adapter.json", import.meta.url));
// The plain list reads a trace as one string, and strings of a browser have a largest size.
const PLAIN_AT_MOST = 200_000;

await mkdir(values.out, { recursive: true });
const written = (path) => existsSync(join(values.data, path));
const missing = sizes.filter((size) => !written(`traces/be9c000000000000${String(size).padStart(16, "0")}.json`));
const searched = values.only === "trace" ? { searches: "20", deps: "50" } : { searches: "20,200,1500", deps: "50,200" };
const isComplete = Object.entries({ searches: "search/traces-", deps: "deps/" })
  .every(([name, path]) => searched[name].split(",").every((size) => written(`${path}${size}.json`)));
if (missing.length || !isComplete || !written("services.json")) {
  console.log(`Writing what is measured (traces of ${missing.join(", ") || "no"} spans, about 1.7 KB a span, once)`);
  await node("gen_trace.mjs", [
    "--out", values.data, "--sizes", (missing.length ? missing : sizes.slice(0, 1)).join(","), "--searches", searched.searches, "--deps", searched.deps,
  ]);
}
const recorded = async (name) => JSON.parse(await readFile(within(`results/${name}.json`), "utf8"));
const [jaeger, plainThen] = values.only === "trace" ? [] : await Promise.all(["jaeger-ui", "plain"].map(recorded));
const ours = await measured("spandrel", adapter, values.dist, sizes, values.only);
const small = sizes.filter((size) => size <= PLAIN_AT_MOST);
const plain = small.length ? await measured("plain", within("adapters/plain.json"), within("plain"), small, "trace") : { summary: {}, runs: [] };
report();

/** Runs a script of the harness to its end. */
function node(script, words) {
  const child = spawn(process.execPath, [within(script), ...words], { stdio: "inherit" });
  return new Promise((done, failed) => {
    child.once("error", failed);
    child.once("exit", (code) => (code === 0 ? done() : failed(new Error(`${script} ended with ${code}`))));
  });
}

async function measured(name, adapter, dist, sizes, only) {
  const out = join(values.out, `${name}.json`);
  await node("measure.mjs", [
    "--adapter", adapter, "--data", values.data, "--dist", dist, "--out", out, "--sizes", sizes.join(","), "--only", only,
    "--runs", values.runs, "--retries", values.retries, "--patience", values.patience, "--version", values.version || name,
  ]);
  return JSON.parse(await readFile(out, "utf8"));
}

function report() {
  const median = (result, size, field) => result.summary[`trace ${size}`]?.[field]?.median;
  const lines = [];
  const line = (what, size, value, most, digits = 2) => {
    const good = value === undefined ? "not measured" : most === undefined ? "" : value <= most ? "good" : "TOO MUCH";
    const figure = value === undefined ? "–" : value.toFixed(digits);
    lines.push(`${what.padEnd(44)} ${String(size).padStart(9)} ${figure.padStart(9)} ${(most === undefined ? "" : `≤ ${most}`).padStart(8)}  ${good}`);
  };
  const least = (what, size, value, bar) => {
    const good = value === undefined ? "not measured" : value >= bar ? "good" : "TOO LITTLE";
    lines.push(`${what.padEnd(44)} ${String(size).padStart(9)} ${(value?.toFixed(2) ?? "–").padStart(9)} ${`≥ ${bar}`.padStart(8)}  ${good}`);
  };
  const ratio = (size, field) => {
    const [a, b] = [median(ours, size, field), median(plain, size, field)];
    return a === undefined || !b ? undefined : a / b;
  };
  const IDLE = { 10000: 2.4, 50000: 1.1, 100000: 0.95, 200000: 0.6 };
  for (const size of small) line("idle after loading, ours ÷ plain", size, ratio(size, "load.idle_ms"), IDLE[size]);
  // The size that is nearest to these pages in time.
  const YARDSTICK = 10_000;
  const multiple = (pages, list, page) => pages?.summary[page]?.["load.idle_ms"].median / median(list, YARDSTICK, "load.idle_ms");
  const LIKE_JAEGER = [["home", "search page", 0.35], ["search 1500", "1,500 results", 0.05], ["deps 200", "map of 200 services", 0.45]];
  for (const [page, what, most] of jaeger ? LIKE_JAEGER : []) {
    const value = multiple(ours, plain, page) / multiple(jaeger, plainThen, page);
    line(`${what}: idle, ÷ Jaeger UI, both ÷ plain`, YARDSTICK, Number.isFinite(value) ? value : undefined, most, 3);
  }
  if (sizes.includes(1_000_000) && sizes.includes(200_000)) {
    const [million, fifth] = [1_000_000, 200_000].map((size) => median(ours, size, "load.idle_ms"));
    line("idle after loading, ours ÷ ours at 200,000", 1_000_000, million && fifth ? million / fifth : undefined, 6);
  }
  for (const size of sizes) line("longest task while loading, ms", size, median(ours, size, "load.longest_task_ms"), 0, 0);
  for (const scroll of ["scroll_all", "scroll_steady"]) {
    for (const size of small) least(`${scroll}: frames a second, ours ÷ plain`, size, ratio(size, `${scroll}.fps`), 1.2);
    // A display shows 60: where the plain list has more than 50, no page can have 1.2 times as many.
    for (const size of sizes) line(`${scroll}: frames a second, ours`, size, median(ours, size, `${scroll}.fps`), undefined, 1);
    for (const size of small) line(`${scroll}: 95th percentile of frames, ÷ plain`, size, ratio(size, `${scroll}.p95_frame_ms`), 1.1);
    for (const size of sizes) line(`${scroll}: longest task, ms`, size, median(ours, size, `${scroll}.longest_task_ms`), 50, 0);
  }
  for (const blank of ["blank_all", "blank_steady"]) {
    for (const size of sizes) line(`${blank}: frames with blank rows, %`, size, median(ours, size, `${blank}.frames_with_blank_pct`), 0, 1);
  }
  for (const act of ["hover", "select", "detail", "collapse_all", "expand_all", "find"]) {
    const most = act === "find" ? 120 : 60;
    for (const size of sizes) line(`${act}: on the screen after, ms`, size, median(ours, size, `${act}.done_ms`), size === 200_000 ? most : undefined, 0);
  }
  for (const size of sizes) line("memory once settled, MB", size, median(ours, size, "memory.rss_mb"), size === 200_000 ? 350 : undefined, 0);
  for (const size of sizes) line("memory at its peak, MB", size, median(ours, size, "memory.peak_rss_mb"), size === 1_000_000 ? 2500 : undefined, 0);
  console.log(`\n${"".padEnd(44)} ${"spans".padStart(9)} ${"median".padStart(9)} ${"bar".padStart(8)}`);
  console.log(lines.join("\n"));
  const failed = [...new Set(ours.runs.filter((run) => run.failed).map((run) => `${run.scenario} ${run.size}: ${run.failed.split("\n")[0]}`))];
  for (const why of failed) console.log(`ended early: ${why}`);
  const noisy = [...ours.runs, ...plain.runs].filter((run) => run.noisy).length;
  if (noisy) console.log(`${noisy} runs were made while others used this machine: compare nothing with them but what was measured here.`);
}
