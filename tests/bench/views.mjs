// Every view of a large trace: from the click on its tab until it is drawn and the page is idle, the longest task of the
// main thread meanwhile, the time of the worker, memory, and frames per second while it is scrolled and zoomed.
//
//   cargo xtask bench views [--view-sizes 200000,1000000] [--runs 5] [--view flame,spans] [--dist target/test-dist]
//
// Each size is opened once per run in a new browser, and each view is chosen from the waterfall. Frames are compared with
// those of an empty page under the same wheel events, as the machine itself shows no more than that.
//
// A part of what all views add to memory has nothing to do with spans (compiled code, fonts, the heap of the DOM), so a trace of
// 10,000 is opened first, and bytes a span are those of a larger trace beyond it.

import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { spawn } from "node:child_process";
import { parseArgs } from "node:util";

import { memory } from "./memory.mjs";

const text = (name) => ({ type: "string", default: name });
const { values } = parseArgs({
  options: { harness: text(""), dist: text(""), data: text(""), out: text(""), sizes: text("200000,1000000"), runs: text("5"), patience: text("180"), only: text("") },
});
const within = (path) => pathToFileURL(join(values.harness, path)).href;
const { startServer } = await import(within("serve.mjs"));
const { launch } = await import(within("lib/chrome.mjs"));
const { foreignCpu, waitQuiet } = await import(within("lib/load.mjs"));
const { traceIdFor } = await import(within("gen_trace.mjs"));
const probe = await readFile(join(values.harness, "lib/probe.js"), "utf8");

const sizes = values.sizes.split(",").map(Number);
/** Bars: milliseconds until idle, and the longest task, by size. */
const BARS = { 200_000: { idle: 300, task: undefined }, 1_000_000: { idle: 1_500, task: 50 } };
const FRAMES = 50;
const BYTES_PER_SPAN = 64;
/** The trace whose views cost what those of any trace cost, and bytes in one of the units that are printed. */
const SMALL = 10_000;
const MB = 1024 * 1024;
const LIMIT = 300_000;

/** Views in the order in which they are chosen: how, and what scrolls in them. */
const VIEWS = [
  { name: "statistics", scroll: ".table" },
  { name: "flame", scroll: ".flame-scroll", zooms: true },
  { name: "flame, left heavy", tab: "flame", then: '[data-test="flame-layout"]:nth-child(2)', scroll: ".flame-scroll", zooms: true },
  { name: "flame, sandwich", tab: "flame", then: '[data-test="flame-layout"]:nth-child(3)' },
  { name: "spans", scroll: ".table" },
  { name: "events", scroll: ".table" },
  { name: "graph" },
  { name: "sequence", scroll: ".sequence-scroll" },
  { name: "lanes", scroll: ".flame-scroll", zooms: true },
  { name: "json", scroll: ".table" },
  { name: "critical", scroll: ".row-list" },
  { name: "waterfall", scroll: ".waterfall-scroll", zooms: true },
];

// Posts and answers of the worker: how many questions are open, and for how long any was.
const WORKER = `(() => {
  const open = new Map();
  const seen = (window.__worker = { ms: 0, asked: 0 });
  const NativeWorker = window.Worker;
  window.Worker = class extends NativeWorker {
    constructor(...words) {
      super(...words);
      this.addEventListener("message", ({ data }) => {
        if (data?.[1] !== "answer" || !open.has(data[0])) return;
        open.delete(data[0]);
        if (!open.size) seen.ms += performance.now() - seen.from;
      });
    }
    postMessage(message, ...more) {
      if (message?.[1] === "ask") {
        if (!open.size) seen.from = performance.now();
        open.set(message[0], true);
        seen.asked++;
      } else if (message?.[1] === "cancel" && open.delete(message[0]) && !open.size) seen.ms += performance.now() - seen.from;
      super.postMessage(message, ...more);
    }
  };
})()`;

// A click, and what follows until the page has said for three frames that nothing is pending.
const MEASURE = `(() => {
  const views = (window.__views = {});
  views.arm = () => {
    views.settled = new Promise((done) => {
      addEventListener("click", ({ timeStamp }) => {
        const [worker, asked] = [window.__worker.ms, window.__worker.asked];
        let still = 0;
        const look = () => {
          still = document.documentElement.dataset.idle === "true" ? still + 1 : 0;
          if (still < 3) return requestAnimationFrame(look);
          const now = performance.now();
          setTimeout(() => done({
            idle: now - timeStamp, longest: window.__b.blocking(timeStamp, now).longest,
            worker: window.__worker.ms - worker, asked: window.__worker.asked - asked,
          }), 100);
        };
        requestAnimationFrame(look);
      }, { capture: true, once: true });
    });
  };
})()`;

await mkdir(values.out, { recursive: true });
await generate();
const { server, url } = await startServer({ dist: values.dist, data: values.data });
const runs = [];
try {
  const floor = await emptyPage();
  const small = (await opened(SMALL)).grown;
  console.log(`${SMALL} spans: ${(small / MB).toFixed(1)} MB more after all views`);
  for (const size of sizes) {
    for (let run = 0; run < Number(values.runs); run++) {
      await waitQuiet({ patience: Number(values.patience), busy: 12 }).catch(() => {});
      const result = await opened(size);
      runs.push({ size, ...result });
      console.log(`${size} spans, run ${run + 1}: ${Object.keys(result.views).length} views, others used ${Math.round(result.others)} % of the processor`);
    }
  }
  await writeFile(join(values.out, "views.json"), JSON.stringify({ floor, small, runs }, null, 1));
  report(floor, small);
} finally {
  server.close();
  server.closeAllConnections();
}

/** Writes the traces that are not there yet, in the format that the page asks for first. */
async function generate() {
  const missing = [SMALL, ...sizes].filter((size) => !existsSync(join(values.data, "otlp", `${traceIdFor(size)}.json`)));
  if (!missing.length && existsSync(join(values.data, "services.json"))) return;
  console.log(`Writing the traces to measure (${missing.join(", ")} spans, about 1.7 KB a span, once)`);
  const words = [join(values.harness, "gen_trace.mjs"), "--out", values.data, "--sizes", missing.join(","), "--searches", "20", "--deps", "50"];
  const child = spawn(process.execPath, words, { stdio: "inherit" });
  await new Promise((done, failed) => {
    child.once("error", failed);
    child.once("exit", (code) => (code === 0 ? done() : failed(new Error(`gen_trace.mjs ended with ${code}`))));
  });
}

/** Frames per second of an empty page under the wheel events that views get. */
async function emptyPage() {
  const browser = await launch();
  try {
    const page = await browser.page();
    await page.send("Page.addScriptToEvaluateOnNewDocument", { source: probe });
    await page.send("Page.navigate", { url: `${url}/__bench/blank` });
    await pause(500);
    return (await frames(page, [700, 500], 60)).fps;
  } finally {
    await browser.close();
  }
}

/** Opens a trace in a new browser and measures all its views. */
async function opened(size) {
  const browser = await launch();
  const foreign = foreignCpu();
  try {
    const page = await browser.page();
    await page.send("Page.addScriptToEvaluateOnNewDocument", { source: `${probe};${WORKER};${MEASURE}` });
    await page.send("Page.navigate", { url: `${url}/trace/${traceIdFor(size)}` });
    await page.eval("__b.until(\"[data-test='span-row']\")", LIMIT);
    await page.eval("__b.until(\"js:performance.getEntriesByName('spandrel:searchable').length > 0\", false)", LIMIT);
    await page.eval("__b.idle(performance.now(), 3000)", LIMIT);
    // Callers and callees are those of the selected span's operation.
    await key(page, "j", "KeyJ");
    const before = await memory(browser, page);
    const views = {};
    for (const view of VIEWS.filter(({ name }) => !values.only || values.only.split(",").includes(name))) {
      const tab = `[data-test='tab'][data-view='${view.tab ?? view.name}']`;
      if (view.then) {
        await chosen(page, tab);
        views[view.name] = await chosen(page, view.then);
      } else {
        views[view.name] = await chosen(page, tab);
      }
      if (view.scroll) {
        const at = await centre(page, view.scroll);
        if (at) {
          views[view.name].scroll = await frames(page, at, 80);
          if (view.zooms) views[view.name].zoom = await frames(page, at, -8, 2);
        }
      }
      if (view.name !== "waterfall") await chosen(page, "[data-test='tab'][data-view='waterfall']");
    }
    const report = await asText(page);
    const grown = (await memory(browser, page)) - before;
    return { views, report, before, grown, others: foreign() };
  } finally {
    await browser.close();
  }
}

/** Milliseconds that the worker takes for the findings as a text: the critical path and all rules, computed anew. */
async function asText(page) {
  await page.eval("document.activeElement?.blur?.()");
  await key(page, "i", "KeyI");
  await pause(1_000);
  const before = await page.eval("__worker.ms");
  const button = await centre(page, "[data-test='findings-copy']");
  if (!button) return undefined;
  const mouse = { x: button[0], y: button[1], button: "left", clickCount: 1 };
  for (const type of ["mousePressed", "mouseReleased"]) await page.send("Input.dispatchMouseEvent", { type, ...mouse });
  return page.eval(`__b.until("js:__worker.ms !== ${before}", false).then(() => __worker.ms - ${before})`, LIMIT);
}

/** Clicks what the selector finds; what happened until the page was idle for three frames. */
async function chosen(page, selector) {
  const at = await centre(page, selector);
  if (!at) throw new Error(`nothing to click: ${selector}`);
  await page.eval("__views.arm()");
  const mouse = { x: at[0], y: at[1], button: "left", clickCount: 1 };
  await page.send("Input.dispatchMouseEvent", { type: "mousePressed", ...mouse });
  await page.send("Input.dispatchMouseEvent", { type: "mouseReleased", ...mouse });
  return page.eval("__views.settled", LIMIT);
}

async function key(page, key, code) {
  for (const type of ["keyDown", "keyUp"]) await page.send("Input.dispatchKeyEvent", { type, key, code, text: type === "keyDown" ? key : undefined });
}

async function centre(page, selector) {
  return page.eval(`(() => { const box = document.querySelector(${JSON.stringify(selector)})?.getBoundingClientRect(); return box ? [box.left + box.width / 2, box.top + box.height / 2] : null; })()`);
}

/** Wheel events at 60 Hz, with Ctrl where `delta` is negative, which zooms; frames per second and the longest task meanwhile. */
async function frames(page, [x, y], delta, seconds = 3) {
  const from = await page.eval("__b.startFrames('0')");
  const [begin, sent] = [performance.now(), []];
  for (let number = 0; number < seconds * 60; number++) {
    const wait = begin + (number * 1000) / 60 - performance.now();
    if (wait > 0) await pause(wait);
    const turned = delta < 0 && number > seconds * 30 ? -delta : delta;
    sent.push(page.send("Input.dispatchMouseEvent", { type: "mouseWheel", x, y, deltaX: 0, deltaY: turned, modifiers: delta < 0 ? 2 : 0 }, LIMIT).catch(() => {}));
  }
  await Promise.all(sent);
  const { times, longest } = await page.eval(`(() => { const { t } = __b.stopFrames(); return { times: t, longest: __b.blocking(${from}, performance.now()).longest }; })()`);
  const lasted = times.length > 1 ? times.at(-1) - times[0] : 0;
  return { fps: lasted ? ((times.length - 1) * 1000) / lasted : 0, longest };
}

function pause(ms) {
  return new Promise((later) => setTimeout(later, ms));
}

function report(floor, small) {
  const median = (list) => {
    const sorted = list.filter((value) => Number.isFinite(value)).sort((a, b) => a - b);
    return sorted.length ? sorted[sorted.length >> 1] : undefined;
  };
  const face = (value, digits = 0) => (value === undefined ? "–" : value.toFixed(digits));
  const verdict = (is_good) => (is_good ? "" : " !");
  console.log(`\nMedians of ${values.runs}; "!" misses its bar. An empty page: ${face(floor)} frames/s.`);
  for (const size of sizes) {
    const of = runs.filter((run) => run.size === size);
    const bar = BARS[size] ?? {};
    console.log(`\n${size.toLocaleString("en")} spans (idle ≤ ${bar.idle ?? "–"} ms, tasks ≤ ${bar.task ?? "–"} ms, ≥ ${FRAMES} frames/s)`);
    console.log(`${"view".padEnd(20)} ${"idle, ms".padStart(10)} ${"task, ms".padStart(10)} ${"worker, ms".padStart(11)} ${"scroll f/s".padStart(11)} ${"zoom f/s".padStart(11)} ${"task then".padStart(10)}`);
    for (const { name } of VIEWS) {
      const each = (read) => median(of.map(({ views }) => views[name]).filter(Boolean).map(read));
      if (!of.some(({ views }) => views[name])) continue;
      const [idle, task, worker] = [each((it) => it.idle), each((it) => it.longest), each((it) => it.worker)];
      const [scroll, zoom] = [each((it) => it.scroll?.fps), each((it) => it.zoom?.fps)];
      const later = each((it) => Math.max(it.scroll?.longest ?? 0, it.zoom?.longest ?? 0));
      // No machine shows more frames than an empty page has.
      const least = Math.min(FRAMES, floor * 0.85);
      const cell = (value, width, is_good) => `${face(value)}${value === undefined ? "" : verdict(is_good)}`.padStart(width);
      console.log([
        name.padEnd(20), cell(idle, 10, bar.idle === undefined || idle <= bar.idle), cell(task, 10, bar.task === undefined || task <= bar.task), face(worker).padStart(11),
        cell(scroll, 11, scroll >= least), cell(zoom, 11, zoom >= least), cell(later, 10, bar.task === undefined || later <= bar.task),
      ].join(" "));
    }
    const report = median(of.map((run) => run.report));
    console.log(`critical path and all rules in the worker: ${face(report)} ms${size === 1_000_000 && report > 1_000 ? " !" : ""}`);
    const [before, grown] = [median(of.map((run) => run.before)), median(of.map((run) => run.grown))];
    const slope = size > SMALL ? (grown - small) / (size - SMALL) : undefined;
    console.log(
      `memory: ${face(before / MB)} MB before, ${face(grown / MB, 1)} MB more after all views, with ${SMALL.toLocaleString("en")} spans ` +
        `${face(small / MB, 1)} MB: ${face(slope, 1)} bytes a span${slope > BYTES_PER_SPAN ? " !" : ""}`,
    );
  }
}
