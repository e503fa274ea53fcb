// An order placed on the page shows its own trace: the click is its root, the services are below it, and where it
// failed can be seen from the top.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FAILED, ORDER, above, arrived, only } from "./answers.mjs";
import { open } from "./browser.mjs";
import { Demo } from "./pages/demo.mjs";
import { Trace } from "./pages/trace.mjs";
import { server } from "./stage.mjs";

/** High enough for all rows of an order. */
const TALL = { width: 1440, height: 1300 };
/** What orders are stored in and sent through: `cargo xtask test --only parts` starts real ones. */
const [DATABASE, QUEUE] = process.env.SPANDREL_TEST_DATABASE_URL ? ["postgresql", "redis"] : ["sqlite", "in_memory"];
const SERVICES = ["gateway", "auth", "user", "order", "payment", "inventory", "notification"];

test("an order shows its own trace, and the click is the root of it", async (t) => {
  const { viewer } = await server(t, { demo: true });
  const page = await open(t, `${viewer}/demo`, { viewport: TALL });
  const demo = new Demo(page);
  await demo.order();
  assert.match(await demo.last.innerText(), /Order 1001 confirmed/);
  const traceId = await demo.lastTrace();
  assert.match(traceId, /^[0-9a-f]{32}$/);
  const spans = await arrived(viewer, traceId, ORDER + 1);
  assert.equal(spans.size, ORDER + 1);
  const roots = [...spans.values()].filter(({ parent }) => !spans.has(parent));
  assert.equal(roots.length, 1);
  const [root] = roots;
  assert.equal(root.parent, "", "the root names no parent");
  assert.ok(!SERVICES.includes(root.service), `the browser's own span, not ${root.service}'s`);

  assert.equal(only(spans, "order", "INSERT orders").attributes["db.system.name"], DATABASE);
  assert.equal(only(spans, "order", "send orders.placed").attributes["messaging.system"], QUEUE);

  await demo.grown(ORDER + 1);
  const services = await demo.services.innerText();
  for (const service of [root.service, ...SERVICES]) assert.match(services, new RegExp(`\\b${service}\\b`));

  await demo.openTrace();
  assert.ok(page.url().includes(`/trace/${traceId}`), page.url());
  const trace = new Trace(page);
  const rows = await trace.spans();
  assert.deepEqual(new Set(rows), new Set(spans.keys()));
  assert.equal(rows[0], root.id);
  assert.equal(await trace.row(root.id).getAttribute("aria-level"), "1");
  const served = [...spans.values()].filter(({ parent }) => parent === root.id);
  assert.deepEqual(served.map(({ service, name }) => `${service} ${name}`), ["gateway POST /orders"]);
  assert.equal(await trace.row(served[0].id).getAttribute("aria-level"), "2");
  for (const id of rows) assert.doesNotMatch(await trace.words(id), /error/);

  // What happened after the answer: the receipt, below the message and linked to it.
  const receipt = only(spans, "notification", "process orders.placed");
  const message = only(spans, "order", "send orders.placed");
  assert.equal(receipt.parent, message.id);
  assert.ok(await trace.row(receipt.id).locator(".span-row-linked").isVisible(), "its row says that it links to something");
  assert.match(await trace.words(receipt.id), /has links/);
  assert.equal(await trace.row(message.id).locator(".span-row-linked").count(), 0);
  await trace.openDetail(receipt.id);
  const detail = await trace.detail.innerText();
  assert.match(detail, /messaging\.destination\.name/);
  assert.match(await trace.links.innerText(), /order · send orders\.placed/, "a link to the message");
});

test("a failing order shows where it failed, and every span above says so", async (t) => {
  const { viewer } = await server(t, { demo: true });
  const page = await open(t, `${viewer}/demo`, { viewport: TALL, allowed: [/status of 502/] });
  const demo = new Demo(page);
  await demo.simulateError();
  const said = await demo.last.innerText();
  assert.match(said, /the bank did not authorize the payment/i);
  assert.match(said, /payment/);
  const traceId = await demo.lastTrace();
  const spans = await arrived(viewer, traceId, FAILED + 1);
  await demo.grown(FAILED + 1);

  await demo.openTrace();
  const trace = new Trace(page);
  assert.deepEqual(new Set(await trace.spans()), new Set(spans.keys()));
  const origin = only(spans, "payment", "authorize payment");
  assert.match(await trace.words(origin.id), /, error/);
  const ancestors = above(spans, origin);
  assert.ok(ancestors.length >= 6, `${ancestors.length} spans above`);
  for (const id of ancestors) {
    assert.match(await trace.words(id), /, error/, JSON.stringify(spans.get(id)));
    assert.match(await trace.mark(id), /error/i);
  }
  const untouched = [...spans.keys()].filter((id) => id !== origin.id && !ancestors.includes(id));
  assert.ok(untouched.length > 0);
  for (const id of untouched) assert.doesNotMatch(await trace.words(id), /error/, JSON.stringify(spans.get(id)));

  await trace.openDetail(origin.id);
  const detail = await trace.detail.innerText();
  for (const fact of [/exception\.type/, /payment::BankError/, /the bank did not authorize the payment/, /no answer from the card network/]) {
    assert.match(detail, fact);
  }
});
