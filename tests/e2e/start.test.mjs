// The engine's worker does not start: each way in which that happens is shown as a problem with what happened, and offers to
// reload the page, which then works.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { idle, open } from "./browser.mjs";
import { Problem } from "./pages/problem.mjs";
import { dist, fakeJaeger } from "./stage.mjs";

const allowed = [/Failed to load resource/, /ERR_/, /worker/i];
const script = { type: "text/javascript" };

/** The script of the worker as it is shipped. */
async function workerScript() {
  const [folder] = await readdir(join(dist, "static"));
  return readFile(join(dist, "static", folder, "worker.js"), "utf8");
}

/** Serves the viewer with another answer to `worker.js`, until the page was reloaded. */
async function openWith(t, answer, more = {}) {
  let broken = true;
  const api = (path) => {
    if (path.endsWith("/worker.js") && broken) return answer;
    if (path.startsWith("/api/")) return { body: JSON.stringify({ services: ["gateway"] }) };
  };
  const { url } = await fakeJaeger(t, { api });
  const page = await open(t, `${url}/search`, { allowed, ...more });
  return { page, mend: () => (broken = false) };
}

async function offersReload(page, mend, ...patterns) {
  const problem = new Problem(page);
  await problem.says(/engine could not be started/, ...patterns);
  assert.equal(await problem.retry.count(), 0, "trying again would fail again");
  mend();
  await page.getByTestId("problem-reload").first().click();
  await page.waitForLoadState();
  await idle(page);
  assert.equal(await problem.shown.count(), 0);
}

test("the worker's script is not there", async (t) => {
  const { page, mend } = await openWith(t, { status: 404, type: "text/plain", body: "404 page not found" });
  await offersReload(page, mend, /script could not be loaded/);
});

test("the connection is cut while the worker's script is loaded", async (t) => {
  const { page, mend } = await openWith(t, { stream: (response) => response.destroy() });
  await offersReload(page, mend, /script could not be loaded/);
});

test("the worker's script fails", async (t) => {
  const { page, mend } = await openWith(t, { ...script, body: 'throw new Error("no worker today");' });
  await offersReload(page, mend, /no worker today/);
});

test("the program cannot be instantiated in the worker", async (t) => {
  const works = await workerScript();
  const body = works.replace("init({ module_or_path: data })", 'Promise.reject(new RangeError("Out of memory"))');
  assert.notEqual(body, works);
  const { page, mend } = await openWith(t, { ...script, body });
  await offersReload(page, mend, /Out of memory/);
});

test("the worker says nothing", async (t) => {
  // Nobody waits 20 seconds here.
  const before = (page) => page.addInitScript(() => {
    const timer = globalThis.setTimeout;
    globalThis.setTimeout = (call, delay, ...rest) => timer(call, delay === 20_000 ? 200 : delay, ...rest);
  });
  const { page, mend } = await openWith(t, { ...script, body: "// silence" }, { before });
  const problem = new Problem(page);
  await problem.says(/engine could not be started/, /not ready after 20 seconds/);
  mend();
  assert.equal(await page.getByTestId("problem-reload").first().isVisible(), true);
});
