// The worker requests the trace of the page's address before the program has arrived.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { idle, open } from "./browser.mjs";
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
