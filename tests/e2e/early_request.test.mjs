// The worker requests the trace of the page's address before the program has arrived.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { dropFile, idle, isKept, open } from "./browser.mjs";
import { Problem } from "./pages/problem.mjs";
import { Trace } from "./pages/trace.mjs";
import { checkout } from "./spans.mjs";
import { dist, fakeJaeger } from "./stage.mjs";

const alone = [/Failed to load resource/];

/** The bytes of the viewer's program. */
async function program() {
  const [folder] = await readdir(join(dist, "static"));
  return readFile(join(dist, "static", folder, "spandrel_bg.wasm"));
}

const requestsOf = (asked, path) => asked.filter((url) => url.startsWith(path));

for (const prefix of ["", "/jaeger/ui"]) {
  test(`the trace is requested while the program is awaited, and only once, below "${prefix}/"`, async (t) => {
    const sent = checkout();
    const bytes = await program();
    let isAsked;
    const asked = new Promise((now) => (isAsked = now));
    const api = (path) => {
      if (path.startsWith("/api/v3/traces/")) {
        isAsked();
        return { body: JSON.stringify({ result: sent.body }) };
      }
      if (path.startsWith("/api/")) return { status: 404, body: "" };
      // Sent only after the trace was asked for: without an early request nothing would ever be shown.
      if (path.endsWith("/spandrel_bg.wasm")) {
        return { stream: (response) => response.writeHead(200, { "content-type": "application/wasm" }).flushHeaders() ?? asked.then(() => response.end(bytes)) };
      }
    };
    const jaeger = await fakeJaeger(t, { prefix, api });
    const page = await open(t, `${jaeger.url}/trace/${sent.traceId}`, { allowed: alone });
    assert.equal((await new Trace(page).spans()).length, sent.count);
    assert.equal(requestsOf(jaeger.asked, `${prefix}/api/v3/traces/`).length, 1);
  });
}

test("an early request that fails is shown as a problem, and trying again sends another", async (t) => {
  const sent = checkout();
  let isThere = false;
  const api = (path) => {
    if (!path.startsWith("/api/v3/traces/")) return path.startsWith("/api/") ? { status: 404, body: "" } : undefined;
    return isThere ? { body: JSON.stringify({ result: sent.body }) } : { stream: (response) => response.destroy() };
  };
  const { url } = await fakeJaeger(t, { api });
  const page = await open(t, `${url}/trace/${sent.traceId}`, { allowed: [...alone, /ERR_/] });
  const problem = new Problem(page);
  await problem.says(/trace/);
  isThere = true;
  await problem.retry.first().click();
  await idle(page);
  assert.equal((await new Trace(page).spans()).length, sent.count);
});

test("with another server in the settings, the page's own is not asked for the trace", async (t) => {
  const sent = checkout();
  const headers = { "access-control-allow-origin": "*", "content-type": "application/json" };
  const other = await fakeJaeger(t, {
    api: (path) => path.startsWith("/api/v3/traces/") && { stream: (response) => response.writeHead(200, headers).end(JSON.stringify({ result: sent.body })) },
  });
  const own = await fakeJaeger(t, { api: (path) => path.startsWith("/api/") && { status: 404, body: "" } });
  const before = (page) => page.addInitScript((source) => localStorage.setItem("spandrel.source", source), other.url);
  const page = await open(t, `${own.url}/trace/${sent.traceId}`, { allowed: [...alone, /CORS|ERR_FAILED/], before });
  assert.equal((await new Trace(page).spans()).length, sent.count);
  assert.equal(requestsOf(own.asked, "/api/v3/traces/").length, 0);
  assert.equal(requestsOf(other.asked, "/api/v3/traces/").length, 1);
});

/** Sends the first half of a trace, and the rest when `send` is called; `gone` resolves when the connection is closed. */
function halfOf(body) {
  const text = JSON.stringify({ result: body });
  const half = {};
  half.gone = new Promise((left) => {
    half.started = new Promise((isStarted) => {
      half.stream = (response) => {
        response.writeHead(200, { "content-type": "application/json" }).write(text.slice(0, text.length / 2));
        response.on("close", left);
        half.send = () => response.end(text.slice(text.length / 2));
        isStarted();
      };
    });
  });
  return half;
}

const halfTrace = (half) => (path) => {
  if (path.startsWith("/api/v3/traces/")) return { stream: half.stream };
  if (path.startsWith("/api/")) return { status: 404, body: "" };
};

/** Opens the page of a trace of which half has arrived; `opened` resolves once the page is idle. */
async function openHalf(t) {
  const sent = checkout();
  const half = halfOf(sent.body);
  const { url } = await fakeJaeger(t, { api: halfTrace(half) });
  let page;
  const opened = open(t, `${url}/trace/${sent.traceId}`, { allowed: alone, before: (created) => (page = created) });
  await half.started;
  await page.getByTestId("loading").getByText("so far").waitFor();
  return { page, sent, half, opened };
}

test("a trace that arrives slowly is shown once it is complete", async (t) => {
  const { page, sent, half, opened } = await openHalf(t);
  half.send();
  await opened;
  assert.equal((await new Trace(page).spans()).length, sent.count);
});

test("leaving a page while its trace arrives cancels the request", async (t) => {
  const { page, half, opened } = await openHalf(t);
  await page.getByTestId("nav-search").click();
  await half.gone;
  await opened;
});

test("the trace of an opened file is shown while the server is still sending one with its ID", async (t) => {
  const sent = checkout();
  const short = structuredClone(sent.body);
  short.resourceSpans.pop();
  const half = halfOf(short);
  const { url } = await fakeJaeger(t, { api: halfTrace(half) });
  const page = await open(t, `${url}/`, { allowed: alone });
  await dropFile(page, "checkout.json", JSON.stringify(sent.body));
  await new Trace(page).header.waitFor();
  await page.waitForFunction(isKept, sent.traceId);
  await page.reload();
  await half.started;
  await idle(page);
  assert.equal((await new Trace(page).spans()).length, sent.count);
  await half.gone;
});
