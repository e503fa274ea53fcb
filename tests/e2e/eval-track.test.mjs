// Records of the eval-track API: put by a client, chosen as the source, listed and opened in the viewer.

import assert from "node:assert/strict";
import { test } from "node:test";
import { idle, open } from "./browser.mjs";
import { Search } from "./pages/search.mjs";
import { Settings } from "./pages/settings.mjs";
import { Trace } from "./pages/trace.mjs";
import { server } from "./stage.mjs";

const good = (at) => ({
  id: "01JDGOOD", function_name: "summarise", service: "agents", timestamp: at, args: ["a long text"],
  response: { text: "short", tokens: 17 }, created_at: new Date(at).toISOString(), updated_at: new Date(at + 250).toISOString(),
});
const bad = (at) => ({
  id: "01JDBAD", function_name: "POST /orders", service: "orders", timestamp: at, error: "no upstream", state: "error",
  request: { method: "POST", path: "/orders", body: { order: 7 } }, response: { status: 502, body: "bad gateway" },
});

async function put(base, record) {
  const answer = await fetch(`${base}/traces/${record.id}`, { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify(record) });
  assert.equal(answer.status, 200);
  return (await answer.json()).trace_id;
}

test("records are chosen as the source, listed, and opened with their request, response, error and times", async (t) => {
  const { viewer } = await server(t);
  const now = Date.now();
  const opened = await put(viewer, bad(now - 60_000));
  const other = await put(`${viewer}/eval-track`, good(now - 30_000));
  await put(viewer, { ...good(now - 30_000), response: { text: "shorter", tokens: 9 } });

  const page = await open(t, `${viewer}/settings`);
  await page.getByTestId("settings-api-eval-track").check();
  const settings = new Settings(page);
  assert.equal(await settings.source.inputValue(), "/eval-track");
  await page.getByTestId("settings-save").click();
  await idle(page);
  await page.getByText("Connected: 2 services.").waitFor();

  await page.goto(`${viewer}/search?service=&lookback=1h`);
  await idle(page);
  const search = new Search(page);
  assert.deepEqual((await search.services()).slice(-2), ["agents", "orders"]);
  await search.search();
  assert.deepEqual(await search.traces(), [other, opened], "most recent first");
  await search.search({ service: "orders", operation: "POST /orders" });
  assert.deepEqual(await search.traces(), [opened]);
  await search.open(opened);

  const trace = new Trace(page);
  const [span] = await trace.spans();
  await trace.openDetail(span);
  const text = await trace.detail.innerText();
  for (const said of ["eval_track.request", "eval_track.response", "bad gateway", "no upstream", "http.response.status_code", "502"]) {
    assert.ok(text.includes(said), `${said}: ${text}`);
  }

  await page.goto(`${viewer}/trace/${other}`);
  await idle(page);
  assert.equal((await trace.spans()).length, 2, "both versions");
  assert.match(await trace.header.innerText(), /250/, "as long as the call took");

  // The same trace by Jaeger's API: a record is a trace like any other.
  await page.goto(`${viewer}/settings`);
  await idle(page);
  await page.getByTestId("settings-api-jaeger").check();
  assert.equal(await settings.source.inputValue(), "");
  await page.getByTestId("settings-save").click();
  await idle(page);
  await page.goto(`${viewer}/trace/${other}`);
  await idle(page);
  assert.equal((await trace.spans()).length, 2);
});
