// What the demo page says besides its traces: the same trace in a Jaeger that is configured, and a field that the demo refuses.

import assert from "node:assert/strict";
import { test } from "node:test";
import { idle, open } from "./browser.mjs";
import { Demo } from "./pages/demo.mjs";
import { server } from "./stage.mjs";

test("a trace of the demo is linked to the Jaeger that the demo names", async (t) => {
  const { viewer } = await server(t, { demo: true, demoWords: ["--jaeger-ui", "http://127.0.0.1:9/jaeger/"] });
  const page = await open(t, `${viewer}/demo`);
  const demo = new Demo(page);
  await demo.order();
  const link = demo.last.getByTestId("open-jaeger");
  assert.equal(await link.getAttribute("href"), `http://127.0.0.1:9/jaeger/trace/${await demo.lastTrace()}`);
});

test("without a Jaeger there is no link to one", async (t) => {
  const { viewer } = await server(t, { demo: true });
  const page = await open(t, `${viewer}/demo`);
  const demo = new Demo(page);
  await demo.order();
  assert.equal(await demo.last.getByTestId("open-jaeger").count(), 0);
});

for (const way of ["mouse", "keyboard"]) {
  test(`more pieces than there are: the demo's reason stands at the field of the product (${way})`, async (t) => {
    const { viewer } = await server(t, { demo: true });
    const page = await open(t, `${viewer}/demo`, { allowed: [/status of 4\d\d/] });
    const demo = new Demo(page);
    const item = page.getByTestId("demo-item").first();
    const quantity = item.getByRole("textbox");
    assert.equal(await quantity.getAttribute("aria-invalid"), null);
    await quantity.fill("1000");
    if (way === "mouse") await demo.order();
    else await quantity.press("Enter");
    await idle(page);
    assert.match(await demo.last.innerText(), /stock/i);
    assert.equal(await quantity.getAttribute("aria-invalid"), "true");
    const why = page.locator(`[id="${await quantity.getAttribute("aria-describedby")}"]`);
    assert.ok(await why.isVisible());
    assert.doesNotMatch(await why.innerText(), /will refuse/, "not what the page expects: what the demo has answered");
  });
}
