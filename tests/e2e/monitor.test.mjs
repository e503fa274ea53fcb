// How a service fares over time, from real orders; a point leads to the traces that it was computed from.

import assert from "node:assert/strict";
import { test } from "node:test";
import { order } from "./answers.mjs";
import { open } from "./browser.mjs";
import { Monitor } from "./pages/monitor.mjs";
import { Search } from "./pages/search.mjs";
import { server } from "./stage.mjs";

for (const way of ["pointer", "keyboard"]) {
  test(`a point opens its traces (${way})`, async (t) => {
    const stage = await server(t, { demo: true });
    const traces = [await order(stage), await order(stage), await order(stage)];
    const failing = await order(stage, { fail: true });
    const page = await open(t, `${stage.viewer}/monitor`);
    const monitor = new Monitor(page);
    await monitor.choose("gateway");
    assert.match(await monitor.note.innerText(), /\b4\b/, "says how many traces it was computed from");
    for (const kind of ["rate", "errors", "latency"]) assert.equal(await monitor.chart(kind).count(), 1, kind);

    await monitor.lastPoint("errors");
    await (way === "pointer" ? monitor.clickPoint("errors") : monitor.enterPoint("errors"));
    assert.match(page.url(), /\/search\?.*service=gateway/);
    const search = new Search(page);
    const found = await search.traces();
    assert.ok(found.includes(failing), `${failing} in ${found}`);
    for (const id of found) assert.ok([...traces, failing].includes(id), id);
  });
}
