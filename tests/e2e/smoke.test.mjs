// The shipped viewer starts under the strict policy on the real server, without an error on the console.

import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { open } from "./browser.mjs";
import { Frame, PAGES } from "./pages/frame.mjs";
import { Search } from "./pages/search.mjs";
import { dist, server } from "./stage.mjs";

test("the app starts under a strict content security policy", async (t) => {
  const { viewer } = await server(t);
  const head = await fetch(viewer);
  const policy = head.headers.get("content-security-policy") ?? "";
  assert.match(policy, /script-src 'self' 'wasm-unsafe-eval' 'sha256-/);
  assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'/);
  const page = await open(t, viewer);
  await new Search(page).form.waitFor();
  assert.match(await page.title(), /Spandrel/);
});

test("every page opens from the navigation, by its address, and again with back", async (t) => {
  const { viewer } = await server(t, { demo: true });
  const page = await open(t, viewer);
  const frame = new Frame(page);
  const addresses = [];
  for (const name of PAGES) {
    await frame.go(name);
    assert.ok((await page.locator("main").innerText()).trim().length > 20, `${name} is empty`);
    addresses.push(page.url());
  }
  assert.equal(new Set(addresses).size, PAGES.length);
  await page.goBack();
  assert.equal(page.url(), addresses.at(-2));
  const again = await open(t, addresses.at(-1));
  assert.equal(again.url(), addresses.at(-1));
});

test("files of the app may be kept for ever, the page may not", async (t) => {
  const { viewer } = await server(t);
  const page = await fetch(viewer);
  assert.match(page.headers.get("cache-control") ?? "", /no-cache/);
  const folder = (await page.text()).match(/data-assets="(static\/[0-9a-f]{16}\/)"/)[1];
  const wasm = await fetch(`${viewer}/${folder}spandrel_bg.wasm`, { headers: { "accept-encoding": "gzip" } });
  assert.equal(wasm.status, 200);
  assert.equal(wasm.headers.get("content-type"), "application/wasm");
  assert.equal(wasm.headers.get("content-encoding"), "gzip");
  assert.match(wasm.headers.get("cache-control") ?? "", /immutable/);
  assert.equal((await fetch(`${viewer}/static/gone.js`)).status, 404);
});

test("the server sends the compressed files that lie beside the files", async (t) => {
  const { viewer } = await server(t);
  const folder = (await (await fetch(viewer)).text()).match(/data-assets="(static\/[0-9a-f]{16}\/)"/)[1];
  for (const name of ["spandrel_bg.wasm", "spandrel.js", "spandrel.css"]) {
    for (const [encoding, extension] of [["gzip", "gz"], ["br", "br"]]) {
      const answer = await fetch(`${viewer}/${folder}${name}`, { headers: { "accept-encoding": encoding } });
      assert.equal(answer.headers.get("content-encoding"), encoding, name);
      const { size } = await stat(join(dist, folder, `${name}.${extension}`));
      assert.equal(Number(answer.headers.get("content-length")), size, `${name}.${extension}`);
    }
  }
});
