// Each way in which a backend can fail shows what was attempted, what happened and what to try; none shows an empty page.

import assert from "node:assert/strict";
import { test } from "node:test";
import { idle, open, partsLoaded } from "./browser.mjs";
import { Frame } from "./pages/frame.mjs";
import { Problem } from "./pages/problem.mjs";
import { Search } from "./pages/search.mjs";
import { Settings } from "./pages/settings.mjs";
import { Trace } from "./pages/trace.mjs";
import { checkout, send } from "./spans.mjs";
import { fakeJaeger, freePort, server } from "./stage.mjs";

const failing = { allowed: [/Failed to load resource/, /ERR_/, /Content Security Policy/, /CORS/] };
const api = (answer) => (path) => (path.startsWith("/api/") ? answer(path) : undefined);

test("a backend that has gone", async (t) => {
  const { viewer, stop } = await server(t);
  const page = await open(t, viewer, failing);
  await partsLoaded(page);
  await stop();
  await new Frame(page).go("dependencies");
  await new Problem(page).says(/127\.0\.0\.1|reach|offline|answer/i);
});

test("the header says when the server goes, and when it is back", async (t) => {
  let isGone = false;
  const json = (data) => ({ body: JSON.stringify({ data, total: 0, limit: 0, offset: 0, errors: null }) });
  const answer = (path) => {
    if (isGone) return { stream: (response) => response.destroy() };
    return path.startsWith("/api/v3/") ? { status: 404, type: "text/plain", body: "404 page not found\n" } : json(path === "/api/services" ? ["front"] : []);
  };
  const { url } = await fakeJaeger(t, { api: api(answer) });
  const page = await open(t, `${url}/search?service=front`, failing);
  const status = page.getByTestId("source");
  await status.filter({ hasText: "1 service" }).waitFor();
  isGone = true;
  await new Search(page).search();
  await status.filter({ hasText: "no answer" }).waitFor();
  isGone = false;
  await new Problem(page).retry.click();
  await status.filter({ hasText: "1 service" }).waitFor();
});

test("an address where nothing listens", async (t) => {
  const { viewer } = await server(t);
  const page = await open(t, viewer, failing);
  const frame = new Frame(page);
  await frame.go("settings");
  const port = await freePort();
  await new Settings(page).useSource(`http://127.0.0.1:${port}`);
  await frame.go("search");
  await new Problem(page).says(new RegExp(`127\\.0\\.0\\.1:${port}`));
});

test("a page of HTML where JSON was asked for", async (t) => {
  const html = { type: "text/html", body: "<!doctype html><title>Sign in</title><h1>Sign in to continue</h1>" };
  const { url } = await fakeJaeger(t, { api: api(() => html) });
  const page = await open(t, `${url}/`, failing);
  await new Problem(page).says(/web page|HTML/, /Sign in to continue/);
});

test("an answer of 500 keeps its status and its words", async (t) => {
  const body = JSON.stringify({ data: null, total: 0, errors: [{ code: 500, msg: "the cellar is flooded" }] });
  const { url } = await fakeJaeger(t, { api: api(() => ({ status: 500, body })) });
  const page = await open(t, `${url}/`, failing);
  await new Problem(page).says(/500/, /the cellar is flooded/);
});

test("a search that finds nothing says so, and is no failure", async (t) => {
  const { viewer } = await server(t);
  const page = await open(t, `${viewer}/search?service=nobody&lookback=1h&limit=20`, failing);
  const search = new Search(page);
  await search.empty.waitFor();
  assert.equal(await search.rows.count(), 0);
  assert.equal(await new Problem(page).shown.count(), 0);
});

test("a trace that is not there", async (t) => {
  const { viewer } = await server(t);
  const page = await open(t, `${viewer}/trace/0123456789abcdef0123456789abcdef`, failing);
  await new Problem(page).says(/not found|no trace|404/i);
});

test("Jaeger's address of a comparison says that there is none yet, and opens each of the traces", async (t) => {
  const { viewer, otlp_http } = await server(t);
  const sent = checkout();
  await send(otlp_http, sent.body);
  const page = await open(t, `${viewer}/trace/${sent.traceId}...0123456789abcdef0123456789abcdef`, failing);
  await new Problem(page).says(/comparison is not available/);
  const traces = page.getByTestId("compared").getByRole("link");
  assert.deepEqual(await traces.allTextContents(), [`Trace ${sent.traceId}`, "Trace 0123456789abcdef0123456789abcdef"]);
  await traces.first().click();
  await idle(page);
  assert.equal((await new Trace(page).spans()).length, sent.count);
});

test("an id that is none", async (t) => {
  const { viewer } = await server(t);
  const page = await open(t, `${viewer}/trace/not-an-id`, failing);
  await new Problem(page).says(/not-an-id/);
});

// What ends the program without a panic: the allocator does where there is no memory left.
test("a trap of the page shows what happened, and a link that reloads the page", async (t) => {
  const { viewer } = await server(t);
  const page = await open(t, `${viewer}/settings`, { allowed: [/unreachable/] });
  await page.evaluate(() => {
    // (module (func (export "trap") unreachable))
    const bytes = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 8, 1, 4, 116, 114, 97, 112, 0, 0, 10, 5, 1, 3, 0, 0, 11];
    setTimeout(() => new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(bytes))).exports.trap());
  });
  await new Problem(page).says(/Spandrel crashed/, /unreachable/);
  await page.getByTestId("crash-reload").click();
  await page.getByTestId("settings-source").waitFor();
  assert.equal(await page.getByTestId("problem").count(), 0);
});

test("a panic of the page shows what happened, and a link that reloads the page without the app", async (t) => {
  const { viewer } = await server(t);
  const page = await open(t, `${viewer}/search`, { allowed: [/panicked/, /unreachable/, /broken/] });
  // Leptos panics where the browser refuses an element.
  await page.evaluate(() => {
    Document.prototype.createElement = () => {
      throw new Error("broken");
    };
  });
  await page.getByTestId("nav-settings").click();
  await new Problem(page).says(/Spandrel crashed/, /broken/);
  await page.getByTestId("crash-reload").click();
  await page.getByTestId("settings-source").waitFor();
  await idle(page);
  assert.equal(await page.getByTestId("problem").count(), 0);
  assert.match(page.url(), /\/settings$/, "at the address that was to be shown");
});
