// The program comes in two parts. The second is fetched ahead of its need; where it does not come, that is said, and can
// be tried again without losing anything.

import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "./browser.mjs";
import { Frame } from "./pages/frame.mjs";
import { Problem } from "./pages/problem.mjs";
import { Trace } from "./pages/trace.mjs";
import { checkout, send } from "./spans.mjs";
import { server } from "./stage.mjs";

const LATER = "**/spandrel_later.wasm";
const failing = { allowed: [/Failed to load resource/, /ERR_/] };

/** Refuses the second part until told otherwise. */
const refuse = (route) => route.abort();
const withoutIt = { ...failing, before: (page) => page.route(LATER, refuse) };

test("the second part comes by itself, once, and is there before anybody asks for it", async (t) => {
  const { viewer } = await server(t);
  let arrived, asked = 0;
  const page = await open(t, viewer, {
    before(page) {
      page.on("request", (request) => { asked += Number(request.url().endsWith("spandrel_later.wasm")); });
      arrived = page.waitForResponse(LATER);
    },
  });
  assert.equal((await arrived).status(), 200);
  const frame = new Frame(page);
  for (const place of ["monitor", "settings", "dependencies"]) await frame.go(place);
  assert.equal(asked, 1);
});

test("a second part that does not come is a problem with a way out: a page", async (t) => {
  const { viewer } = await server(t);
  const page = await open(t, `${viewer}/settings`, withoutIt);
  const problem = new Problem(page);
  await problem.says(/.+/, /server/);
  await page.unroute(LATER, refuse);
  await problem.retry.click();
  await page.getByRole("button", { name: "Save" }).waitFor();
});

test("a second part that does not come is a problem with a way out: a span's detail", async (t) => {
  const { viewer, otlp_http } = await server(t);
  const sent = checkout();
  await send(otlp_http, sent.body);
  const page = await open(t, `${viewer}/trace/${sent.traceId}`, withoutIt);
  const trace = new Trace(page);
  assert.equal((await trace.spans()).length, sent.count, "the trace needs the first part alone");
  await trace.openDetail(sent.ids["charge card"]);
  const problem = new Problem(page);
  await problem.says(/.+/, /server/);
  await page.unroute(LATER, refuse);
  await problem.retry.click();
  await page.getByText("credit_card").first().waitFor();
});
