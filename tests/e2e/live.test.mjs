// Results that are live: traces are added as they arrive, wait while somebody reads the list, and nothing is received any more
// when it is switched off, left or hidden.

import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { test } from "node:test";
import { fakeJaeger, server } from "./stage.mjs";
import { idle, open, partsLoaded, picture } from "./browser.mjs";
import { Frame } from "./pages/frame.mjs";
import { Search } from "./pages/search.mjs";
import { checkout, repeated, send } from "./spans.mjs";
import { closeAtEnd } from "./closing.mjs";

const FRONTEND = "search?service=frontend&lookback=1h&limit=20";

/** Sends a checkout that has just happened. */
async function arrives({ otlp_http }) {
  const sent = checkout({ at: Date.now() - 200 });
  await send(otlp_http, sent.body);
  return sent;
}

/** Waits until a trace has a row. */
const listed = (search, traceId) => search.row(traceId).waitFor();

/** How many pages the server tells of traces, once it is that many. */
async function watchers(viewer, expected) {
  let told;
  for (let tries = 0; tries < 100; tries++) {
    const metrics = await (await fetch(`${viewer}/metrics`)).text();
    told = Number(metrics.match(/^\w*live_pages\S*\s+(\d+)/m)?.[1]);
    if (told === expected) return;
    await new Promise((later) => setTimeout(later, 100));
  }
  assert.equal(told, expected, "pages that are live");
}

for (const way of ["mouse", "keyboard"]) {
  test(`traces that match are added on top while the results are live (${way})`, async (t) => {
    const stage = await server(t);
    const first = await arrives(stage);
    const page = await open(t, `${stage.viewer}/${FRONTEND}`);
    const search = new Search(page);
    const press = async (name) => {
      const button = page.getByTestId(name);
      await (way === "mouse" ? button.click() : button.press("Enter"));
      // The pointer is not left above the rows.
      await page.mouse.move(5, 5);
      await idle(page);
    };
    assert.deepEqual(await search.traces(), [first.traceId]);
    assert.equal(await page.getByTestId("live").getAttribute("aria-pressed"), "false");
    await press("live");
    assert.match(page.url(), /live=1/);
    await watchers(stage.viewer, 1);

    const second = await arrives(stage);
    await listed(search, second.traceId);
    assert.deepEqual(await search.traces(), [second.traceId, first.traceId]);
    assert.match(await page.getByTestId("result-count").innerText(), /^2 traces$/);
    // Of another service: it does not match.
    await send(stage.otlp_http, repeated(3, { at: Date.now() }).body);

    await press("live-pause");
    const third = await arrives(stage);
    const waiting = page.getByTestId("live-new");
    await waiting.waitFor();
    assert.equal(await waiting.innerText(), "Show 1 new trace");
    assert.equal(await page.getByTestId("live-status").innerText(), "Paused");
    assert.deepEqual(await search.traces(), [second.traceId, first.traceId], "nothing moves");
    await picture(page, `live-${way}`);
    await press("live-new");
    assert.deepEqual(await search.traces(), [third.traceId, second.traceId, first.traceId]);
    if (way === "keyboard") {
      const focused = () => document.activeElement.closest("[data-trace-id]")?.dataset.traceId;
      await page.waitForFunction((id) => document.activeElement.closest("[data-trace-id]")?.dataset.traceId === id, third.traceId);
      assert.equal(await page.evaluate(focused), third.traceId);
    }

    await press("live");
    assert.doesNotMatch(page.url(), /live/);
    await watchers(stage.viewer, 0);
    await arrives(stage);
    await page.waitForTimeout(1500);
    assert.equal(await search.rows.count(), 3, "no longer live");
  });
}

test("rows do not move under the pointer, below a focus, or when the list is scrolled; screen readers hear counts", async (t) => {
  const stage = await server(t);
  for (let at = 0; at < 40; at++) await arrives(stage);
  const page = await open(t, `${stage.viewer}/search?service=frontend&lookback=1h&limit=100&live=1`);
  const search = new Search(page);
  const waiting = page.getByTestId("live-new");
  const list = page.locator(".row-list");
  await watchers(stage.viewer, 1);
  const first = (await search.traces())[0];
  const keeps = async (words) => {
    await arrives(stage);
    await waiting.getByText(words).waitFor();
    assert.ok((await search.traces()).includes(first), words);
  };
  const box = await search.rows.first().boundingBox();
  await page.mouse.move(box.x + 300, box.y + 10);
  await keeps("Show 1 new trace");
  await search.rows.first().getByRole("link").focus();
  await page.mouse.move(5, 5);
  // Longer than a pointer that was moved counts.
  await page.waitForTimeout(3_500);
  await keeps("Show 2 new traces");
  await page.getByTestId("field-limit").focus();
  await listed(search, (await search.traces())[0]);
  await waiting.waitFor({ state: "detached" });
  assert.equal(await page.getByTestId("result-count").innerText(), "42 traces");
  assert.match(await page.getByTestId("live-said").innerText(), /^\d+ new traces?$/);

  await list.evaluate((list) => list.scrollTo(0, 300));
  // The list renders the rows that scrolled into view within two frames.
  await idle(page);
  const seen = await search.traces();
  await arrives(stage);
  await waiting.waitFor();
  assert.equal(await list.evaluate((list) => list.scrollTop), 300);
  assert.deepEqual(await search.traces(), seen);
  await waiting.click();
  assert.equal(await list.evaluate((list) => list.scrollTop), 0, "the new ones are seen");
});

test("a page that is left or hidden receives nothing, and has all of it when one is back", async (t) => {
  const stage = await server(t);
  const first = await arrives(stage);
  const page = await open(t, `${stage.viewer}/${FRONTEND}&live=1`);
  const search = new Search(page);
  await watchers(stage.viewer, 1);
  const second = await arrives(stage);
  await listed(search, second.traceId);
  await search.open(second.traceId);
  await watchers(stage.viewer, 0);
  const third = await arrives(stage);
  await page.goBack();
  await listed(search, second.traceId);
  // The focus is at the trace that was opened, so that new ones wait.
  await page.getByTestId("live-new").click();
  assert.deepEqual(await search.traces(), [third.traceId, second.traceId, first.traceId]);
  await watchers(stage.viewer, 1);

  const show = (state) =>
    page.evaluate((state) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => state === "hidden" });
      document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    }, state);
  await show("hidden");
  await watchers(stage.viewer, 0);
  const fourth = await arrives(stage);
  await page.mouse.move(5, 5);
  await show("visible");
  await listed(search, fourth.traceId);

  await new Frame(page).go("monitor");
  await watchers(stage.viewer, 0);
});

test("a first trace is listed when it arrives, also before there is any service", async (t) => {
  const stage = await server(t);
  const page = await open(t, `${stage.viewer}/search?live=1`);
  const search = new Search(page);
  assert.match(await search.empty.innerText(), /No traces yet/);
  await watchers(stage.viewer, 1);
  const first = await arrives(stage);
  await listed(search, first.traceId);
});

test("the first page of an empty server lists the first trace without a reload, and is live from then on", async (t) => {
  const stage = await server(t);
  const page = await open(t, `${stage.viewer}/`);
  const search = new Search(page);
  assert.match(await search.empty.innerText(), /No traces have arrived yet[^]*listed here as they arrive/);
  assert.doesNotMatch(page.url(), /live/, "nothing has arrived");
  await watchers(stage.viewer, 1);
  await page.evaluate(() => (window.sameDocument = true));
  const first = await arrives(stage);
  await listed(search, first.traceId);
  await idle(page);
  assert.match(page.url(), /live=1/);
  assert.equal(await page.getByTestId("live").getAttribute("aria-pressed"), "true");
  await watchers(stage.viewer, 1);
  const second = await arrives(stage);
  await listed(search, second.traceId);
  assert.equal(await page.evaluate(() => window.sameDocument), true, "nothing was reloaded");
  await page.getByTestId("live").click();
  await watchers(stage.viewer, 0);
  await idle(page);
  assert.doesNotMatch(page.url(), /live/);
  assert.equal(await search.rows.count(), 2, "the list stays");
});

/** Passes connections on to a server. `cut` ends all and refuses others until `mend`. */
async function relay(t, target) {
  const { hostname, port } = new URL(target);
  const sockets = new Set();
  let isCut = false;
  const cut = () => {
    isCut = true;
    sockets.forEach((socket) => socket.destroy());
  };
  const listener = createServer((client) => {
    if (isCut) return client.destroy();
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {}).on("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream).pipe(client);
  });
  await new Promise((listening) => listener.listen(0, "127.0.0.1", listening));
  closeAtEnd(t, () => {
    cut();
    listener.close();
  });
  return { url: `http://127.0.0.1:${listener.address().port}`, cut, mend: () => { isCut = false; } };
}

test("a connection that is lost is made again, and nothing that arrived meanwhile is missing", async (t) => {
  const stage = await server(t);
  const first = await arrives(stage);
  const { url, cut, mend } = await relay(t, stage.viewer);
  const page = await open(t, `${url}/${FRONTEND}&live=1`, { allowed: [/ERR_|Failed to load/] });
  const search = new Search(page);
  await watchers(stage.viewer, 1);
  await partsLoaded(page);
  cut();
  await page.getByTestId("live-status").getByText("Connection lost. Reconnecting…").waitFor();
  const second = await arrives(stage);
  await page.waitForTimeout(500);
  assert.deepEqual(await search.traces(), [first.traceId]);
  mend();
  await listed(search, second.traceId);
  assert.equal(await page.getByTestId("live-status").innerText(), "");
});

test("a server that refuses one page more is asked again", async (t) => {
  const stage = await server(t);
  const first = await arrives(stage);
  const others = new AbortController();
  // A response that nothing refers to is collected, and its connection closed.
  const responses = await Promise.all(Array.from({ length: 64 }, () => fetch(`${stage.viewer}/api/live`, { signal: others.signal })));
  const page = await open(t, `${stage.viewer}/${FRONTEND}&live=1`, { allowed: [/status of 503/] });
  const search = new Search(page);
  await page.getByTestId("live-status").getByText("Connection lost. Reconnecting…").waitFor();
  assert.deepEqual(await search.traces(), [first.traceId]);
  assert.ok(responses.every((response) => response.ok));
  others.abort();
  const second = await arrives(stage);
  await listed(search, second.traceId);
  await watchers(stage.viewer, 1);
});

test("a custom range, and a server without live updates, have no switch", async (t) => {
  const stage = await server(t);
  const sent = await arrives(stage);
  const now = Date.now() * 1000;
  const page = await open(t, `${stage.viewer}/search?service=frontend&lookback=custom&start=${now - 3.6e9}&end=${now + 1e6}&live=1`);
  assert.deepEqual(await new Search(page).traces(), [sent.traceId]);
  assert.equal(await page.getByTestId("live").count(), 0);
  await watchers(stage.viewer, 0);

  const summaries = JSON.stringify({ summaries: [{ traceId: "a1", rootServiceName: "cart", rootOperationName: "GET /", spanCount: 1, minStartTimeUnixNano: `${now}000`, maxEndTimeUnixNano: `${now}500` }] });
  const jaeger = await fakeJaeger(t, {
    api: (path) => (path.startsWith("/api/v3/trace-summaries") ? { body: summaries } : path.startsWith("/api/") ? { body: '{"services":["cart"]}' } : undefined),
  });
  const other = await open(t, `${jaeger.url}/search?service=cart&lookback=1h&live=1`);
  assert.equal(await new Search(other).rows.count(), 1);
  assert.equal(await other.getByTestId("live").count(), 0);
  assert.ok(!jaeger.asked.some((url) => url.includes("/api/live")));
});
