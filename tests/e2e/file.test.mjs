// A trace file is dropped on the page, and opens with no server behind it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { dropFile, open } from "./browser.mjs";
import { Problem } from "./pages/problem.mjs";
import { Trace } from "./pages/trace.mjs";
import { checkout } from "./spans.mjs";
import { fakeJaeger } from "./stage.mjs";

// The page asks its origin for services, and there is nothing behind it: that is the journey's subject.
const alone = { allowed: [/Failed to load resource/] };

test("a dropped file opens after the server has gone", async (t) => {
  const files = await fakeJaeger(t, { api: (path) => (path.startsWith("/api/") ? { status: 404, body: "" } : undefined) });
  const page = await open(t, `${files.url}/`, alone);
  await files.stop();
  const sent = checkout();
  await dropFile(page, "checkout.json", JSON.stringify(sent.body));
  const trace = new Trace(page);
  await trace.header.waitFor();
  assert.equal((await trace.spans()).length, sent.count);
  await trace.openDetail(sent.ids["charge card"]);
  assert.match(await trace.detail.innerText(), /credit_card/);
});

test("a file with the very trace that is shown takes its place", async (t) => {
  const files = await fakeJaeger(t, { api: (path) => (path.startsWith("/api/") ? { status: 404, body: "" } : undefined) });
  const page = await open(t, `${files.url}/`, alone);
  const sent = checkout();
  const short = structuredClone(sent.body);
  short.resourceSpans.pop();
  await dropFile(page, "short.json", JSON.stringify(short));
  const trace = new Trace(page);
  assert.equal((await trace.spans()).length, sent.count - 1);
  await dropFile(page, "whole.json", JSON.stringify(sent.body));
  assert.equal((await trace.spans()).length, sent.count);
  await trace.openDetail(sent.ids["charge card"]);
  assert.match(await trace.detail.innerText(), /credit_card/);
});

test("a broken file is refused with the place and the cause, and the page goes on", async (t) => {
  const files = await fakeJaeger(t, { api: (path) => (path.startsWith("/api/") ? { status: 404, body: "" } : undefined) });
  const page = await open(t, `${files.url}/`, alone);
  const sent = checkout();
  const text = JSON.stringify(sent.body);
  await dropFile(page, "cut.json", text.slice(0, 200));
  await new Problem(page).says(/cut\.json/, /byte 200/, /cut short/);
  await dropFile(page, "zipkin.json", JSON.stringify([{ traceId: "1".repeat(16), id: "2".repeat(16), name: "get", localEndpoint: { serviceName: "a" }, timestamp: 1, duration: 2 }]));
  await new Problem(page).says(/Zipkin/);
  await dropFile(page, "whole.json", text);
  assert.equal((await new Trace(page).spans()).length, sent.count);
});

test("a file that was cut off shows the spans that are whole, and says that more may be missing", async (t) => {
  const files = await fakeJaeger(t, { api: (path) => (path.startsWith("/api/") ? { status: 404, body: "" } : undefined) });
  const page = await open(t, `${files.url}/`, alone);
  const text = JSON.stringify(checkout().body);
  await dropFile(page, "cut.json", text.slice(0, text.lastIndexOf('"spanId"')));
  assert.equal((await new Trace(page).spans()).length, 3);
  assert.match(await page.getByTestId("warnings").textContent(), /ends in the middle.*more may be missing/);
});
