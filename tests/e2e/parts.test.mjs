// Parts of the program that are loaded when they are first needed or once the page is idle, in the page and in its worker: what
// is shown meanwhile, and what if one cannot be loaded.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { idle, open, partsLoaded } from "./browser.mjs";
import { Problem } from "./pages/problem.mjs";
import { dist, fakeJaeger } from "./stage.mjs";

const allowed = [/Failed to load resource/, /HTTP status code is not ok/, /Failed to execute 'compile'/, /TypeError/];

/** Serves the viewer with another answer to the file of a part, until `mend` is called; below a prefix. */
async function openWith(t, path, part, answer) {
  let broken = true;
  const api = (asked) => {
    if (asked.endsWith(`/${part}.wasm`) && broken) return answer;
    if (asked.startsWith("/api/")) return { body: JSON.stringify({ services: ["gateway"] }) };
  };
  const { url, asked } = await fakeJaeger(t, { prefix: "/behind/proxy", api });
  const page = await open(t, `${url}${path}`, { allowed });
  const files = () => asked.filter((path) => path.endsWith(".wasm")).map((path) => path.split("/").pop());
  return { page, files, mend: () => (broken = false) };
}

const notFound = { status: 404, type: "text/plain", body: "404 page not found" };

test("a page whose part cannot be loaded says so, and is shown once it can", async (t) => {
  const { page, mend } = await openWith(t, "/demo", "split_demo", notFound);
  const problem = new Problem(page);
  await problem.says(/show the demo/, /could not be loaded/);
  await problem.retry.click();
  await problem.says(/show the demo/);
  mend();
  await problem.retry.click();
  await page.getByTestId("demo-submit").waitFor();
  assert.equal(await problem.shown.count(), 0);
});

test("the rest of the app goes on without a part", async (t) => {
  const { page } = await openWith(t, "/demo", "split_demo", { stream: (response) => response.destroy() });
  await new Problem(page).says(/show the demo/);
  await page.getByTestId("nav-settings").click();
  await idle(page);
  assert.match(await page.locator("main").innerText(), /Settings/);
});

test("progress is shown while a part is loaded", async (t) => {
  const [folder] = await readdir(join(dist, "static"));
  const part = await readFile(join(dist, "static", folder, "split_demo.wasm"));
  let send;
  const stream = (response) => (send = () => response.writeHead(200, { "content-type": "application/wasm" }).end(part));
  const { page } = await openWith(t, "/search", "split_demo", { stream });
  await page.getByTestId("nav-demo").click();
  await page.getByRole("progressbar", { name: "Loading the demo…" }).waitFor();
  // The part is asked for together with the code that it shares with others.
  while (!send) await page.waitForTimeout(20);
  send();
  await page.getByTestId("demo-submit").waitFor();
});

test("the simulated services say that they could not be loaded, and answer once they can", async (t) => {
  const { page, mend } = await openWith(t, "/demo", "split_simulation", notFound);
  const problem = new Problem(page);
  await problem.says(/could not be loaded/);
  mend();
  await problem.retry.click();
  await page.getByTestId("demo-submit").click();
  await page.getByTestId("demo-result").first().waitFor();
});

test("a page loads its own parts first, and the others once it is idle, each once", async (t) => {
  const [folder] = await readdir(join(dist, "static"));
  const all = (await readdir(join(dist, "static", folder))).filter((name) => name.endsWith(".wasm")).sort();
  const { page, files } = await openWith(t, "/monitor", "none", notFound);
  const first = files();
  assert.ok(first.includes("split_pages.wasm") && !first.includes("split_demo.wasm"), `${first}`);
  await partsLoaded(page);
  // The program is loaded for page and worker together; a chunk that both need, by each of them.
  assert.deepEqual([...new Set(files())].sort(), all);
  const loaded = files();
  for (const name of ["demo", "settings", "dependencies"]) {
    await page.getByTestId(`nav-${name}`).click();
    await idle(page);
  }
  assert.deepEqual(files(), loaded);
});

test("a part that could not be loaded while the page was idle is requested again when it is needed", async (t) => {
  const { page, files, mend } = await openWith(t, "/search", "split_demo", notFound);
  const asked = () => files().filter((name) => name === "split_demo.wasm").length;
  while (asked() === 0) await page.waitForTimeout(50);
  mend();
  await page.getByTestId("nav-demo").click();
  await page.getByTestId("demo-submit").waitFor();
  assert.equal(asked(), 2);
});
