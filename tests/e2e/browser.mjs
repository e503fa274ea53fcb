// The browser: one for each test file, a new context for each test. A test with an error on the console fails.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after } from "node:test";
import { closeAtEnd } from "./closing.mjs";

const npm = process.env.SPANDREL_NPM ?? fileURLToPath(new URL("../../target/tools/npm", import.meta.url));
const require = createRequire(join(npm, "package.json"));
const { chromium, selectors } = require("playwright-core");
selectors.setTestIdAttribute("data-test");

export const axeSource = require.resolve("axe-core/axe.min.js");

let browser;
async function launched() {
  browser ??= chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  return browser;
}
after(async () => (await browser)?.close());

/**
 * A page in a new context. `allowed` are patterns of console errors that the test provokes (a request that fails, for
 * example); any other error fails the test. `more` are further options of Playwright's `newContext`.
 */
export async function open(t, address, { allowed = [], viewport = { width: 1440, height: 900 }, colorScheme = "light", before = () => {}, ...more } = {}) {
  const context = await (await launched()).newContext({ viewport, colorScheme, reducedMotion: "reduce", ...more });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const errors = [];
  const note = (text) => allowed.some((pattern) => pattern.test(text)) || errors.push(text);
  page.on("console", (message) => message.type() === "error" && note(`${message.text()} (${message.location().url})`));
  page.on("pageerror", (error) => note(`uncaught: ${error.message}`));
  closeAtEnd(t, async () => {
    await context.close();
    assert.deepEqual(errors, [], "errors on the console");
  });
  await before(page);
  await page.goto(address);
  await idle(page);
  return page;
}

/** Waits until the app reports nothing pending (no request, job or frame), and still does so two frames later. */
export async function idle(page) {
  const calm = () => document.documentElement.dataset.idle === "true";
  do await page.waitForFunction(calm);
  while (!(await page.evaluate(stillCalm)));
}

/** Waits until the page, at rest, has loaded the parts of the program that it did not need yet. */
export async function partsLoaded(page) {
  await page.waitForFunction(() => performance.getEntriesByName("spandrel:parts-loaded").length > 0);
}

/** Runs in the page. */
function stillCalm() {
  const calm = () => document.documentElement.dataset.idle === "true";
  return new Promise((settled) =>
    requestAnimationFrame(() => (calm() ? requestAnimationFrame(() => setTimeout(() => settled(calm()))) : settled(false))),
  );
}

/** Saves a screenshot below target/e2e. */
export async function picture(page, name) {
  const folder = process.env.SPANDREL_SHOTS || fileURLToPath(new URL("../../target/e2e", import.meta.url));
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** Drops a file on the page, with the events of a real drop. */
export async function dropFile(page, name, text) {
  await page.evaluate(
    ([name, text]) => {
      const carried = new DataTransfer();
      carried.items.add(new File([text], name));
      for (const kind of ["dragenter", "dragover", "drop"]) {
        document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true }));
      }
    },
    [name, text],
  );
  await idle(page);
}

/** Runs in the page: whether the browser keeps a file with that trace. */
export async function isKept(traceId) {
  if (!(await indexedDB.databases()).some(({ name }) => name === "spandrel")) return false;
  return new Promise((settled) => {
    const opening = indexedDB.open("spandrel");
    opening.onerror = () => settled(false);
    opening.onsuccess = () => {
      const database = opening.result;
      if (!database.objectStoreNames.contains("files")) return settled((database.close(), false));
      const counting = database.transaction("files").objectStore("files").index("traces").count(traceId);
      counting.onsuccess = () => settled((database.close(), counting.result > 0));
      counting.onerror = () => settled((database.close(), false));
    };
  });
}
