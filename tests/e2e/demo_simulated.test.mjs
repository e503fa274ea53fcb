// The demo page where there is no demo: hosted as static files, or inside a real Jaeger. Its services are simulated in the
// browser, nothing is requested for them, and their traces are those of a file.

import assert from "node:assert/strict";
import { test } from "node:test";
import { idle, open } from "./browser.mjs";
import { Demo } from "./pages/demo.mjs";
import { Trace } from "./pages/trace.mjs";
import { fakeJaeger } from "./stage.mjs";

/** Spans of traces of the demo, with the browser's: an order of one item, a question, one from the cache,
 * parallel calls, and an order whose payment takes too long. */
const [ORDER, QUESTION, CACHED, PARALLEL, TIMED_OUT] = [28, 26, 10, 10, 27];

/** A Jaeger without traces. */
const emptyJaeger = (path) => {
  if (path.startsWith("/api/v3/services")) return { body: '{"services":[]}' };
  if (path.startsWith("/api/")) return { status: 404, body: '{"errors":[{"code":404,"msg":"trace not found"}]}' };
  return undefined;
};

/** The demo page inside a Jaeger. */
async function page(t, more = {}) {
  const jaeger = await fakeJaeger(t, { api: emptyJaeger });
  const window = await open(t, `${jaeger.url}/demo`, { viewport: { width: 1440, height: 1600 }, ...more });
  return { jaeger, window, demo: new Demo(window), trace: new Trace(window) };
}

test("inside a Jaeger the demo says that it is simulated, and an order grows into a trace that is found again", async (t) => {
  const { jaeger, window, demo, trace } = await page(t);
  assert.match(await window.getByTestId("demo-services-kind").innerText(), /No demo server was found: the services are simulated in this browser/);
  assert.match(await window.getByTestId("nav-demo").getAttribute("title"), /simulated/);
  assert.match(await demo.form.innerText(), /\$29\.99[^]*Place order · \$59\.98/);

  await demo.order();
  assert.match(await demo.last.innerText(), /Order 1001 confirmed/);
  const id = await demo.lastTrace();
  await demo.grown(ORDER);
  const services = await demo.services.innerText();
  for (const service of ["browser", "gateway", "auth", "user", "order", "payment", "inventory", "notification"]) assert.match(services, new RegExp(service));
  assert.deepEqual(jaeger.asked.filter((path) => /\/demo\/|v1\/traces/.test(path)), [], "nothing was requested for it");

  await demo.openTrace();
  assert.equal(await trace.rowCount(), ORDER);
  assert.equal(await window.getByTestId("trace-file").innerText(), "simulated traces");
  await window.reload();
  await idle(window);
  assert.equal(await trace.rowCount(), ORDER, "a reload finds it");

  // The demo goes on with what it had.
  await window.getByTestId("nav-demo").click();
  await idle(window);
  await demo.press("demo-orchestrate");
  assert.match(await demo.last.innerText(), /2 of 2 calls succeeded in 1\.0/);
  await demo.grown(PARALLEL);
  await window.getByTestId("demo-services-kind").getByRole("link").click();
  await idle(window);
  assert.equal(await window.getByTestId("result-row").count(), 2, "the search lists both");
  assert.match(await window.locator("main").innerText(), /POST \/demo\/orders/);
  await window.goto(`${jaeger.url}/trace/${id}`);
  await idle(window);
  assert.equal(await trace.rowCount(), ORDER, "its link opens it");
});

test("a question is answered, and from the cache when it is repeated; an error marks its spans", async (t) => {
  const { demo } = await page(t);
  await demo.press("demo-ask");
  assert.match(await demo.last.innerText(), /Answered[^]*critical path is the chain of spans/);
  await demo.grown(QUESTION);
  await demo.press("demo-ask");
  assert.match(await demo.last.innerText(), /Answered from the cache/);
  await demo.grown(CACHED);

  await demo.simulateError();
  const refused = await demo.last.innerText();
  assert.match(refused, /The bank did not authorize the payment/i);
  assert.match(refused, /Refused by payment \(payment_failed\)/);
});

test("a refused field is named beside it, as the real services do", async (t) => {
  const { demo, window } = await page(t);
  await demo.form.getByLabel("Ball bearing quantity").fill("20");
  await demo.order();
  assert.match(await demo.last.innerText(), /Only 9 of item-4 in stock/);
  assert.match(await window.locator('[data-product="item-4"]').innerText(), /Only 9 of item-4 in stock/);
  await demo.form.getByLabel("Customer").fill("x".repeat(201));
  await demo.form.getByLabel("Ball bearing quantity").fill("0");
  await demo.order();
  assert.match(await window.locator("#wrong-customer").innerText(), /at most 200 bytes/);
});

/** Faults, and what the headline of their traces says. */
const HEADLINES = {
  "n-plus-one": /20 queries of one shape/,
  "payment-declined": /declined the payment/,
  timeout: /1\u00a0s|1,000\u00a0ms|1000\u00a0ms/,
};

for (const [fault, headline] of Object.entries(HEADLINES)) {
  test(`the headline of a simulated trace names its fault: ${fault}`, async (t) => {
    const { demo, window } = await page(t);
    await demo.chooseFault(fault);
    await demo.order();
    await demo.last.getByTestId("demo-look-for").waitFor();
    await window.getByTestId("demo-spans").getByText(/^\d+ spans$/).waitFor();
    await demo.openTrace();
    await window.getByTestId("findings-headline").waitFor();
    assert.match(await window.getByTestId("findings-headline").innerText(), headline);
  });
}

test("a trace that is opened before all of its spans have arrived gets the rest", async (t) => {
  const { demo, trace, window } = await page(t);
  await demo.press("demo-timeout");
  await demo.openTrace();
  // The payment goes on for 0.6 s after its caller has given up.
  await window.getByTestId("span-row").filter({ hasText: "authorize payment" }).waitFor();
  await idle(window);
  assert.equal(await trace.rowCount(), TIMED_OUT);
});

test("static files without any API have the demo too", async (t) => {
  const missing = (path) => (/^\/(api|v1|demo)\//.test(path) ? { status: 404, type: "text/plain", body: "404" } : undefined);
  const files = await fakeJaeger(t, { api: missing });
  const window = await open(t, `${files.url}/demo`, { allowed: [/status of 404 .*\/api\//] });
  const demo = new Demo(window);
  await demo.order();
  assert.match(await demo.last.innerText(), /Order 1001 confirmed/);
  await demo.grown(ORDER);
  assert.equal(await window.locator(".problem").count(), 0);
});
