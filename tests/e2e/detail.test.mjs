// One span in full: what can be taken along, what is filtered, where the detail stands, and values of any size.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { idle, open, picture } from "./browser.mjs";
import { Trace } from "./pages/trace.mjs";
import { checkout, send, steps } from "./spans.mjs";
import { server } from "./stage.mjs";

const text = (key, value) => ({ key, value: { stringValue: value } });

/** A checkout whose failed charge says more than usual, opened at that span. */
async function charge(t, more) {
  const { viewer, otlp_http } = await server(t);
  const sent = checkout();
  const span = sent.body.resourceSpans[2].scopeSpans[0].spans[0];
  span.attributes.push(...more);
  await send(otlp_http, sent.body);
  const page = await open(t, `${viewer}/trace/${sent.traceId}?span=${span.spanId}&open=1`);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  return { page, trace: new Trace(page), sent, span };
}

test("a span is taken along as a command, as JSON and as a link", async (t) => {
  const { page, trace, sent, span } = await charge(t, [
    text("http.request.method", "POST"),
    text("url.full", "https://bank.example/charge?card='1'"),
    { key: "http.request.header.x-shop", value: { arrayValue: { values: [{ stringValue: "it's us" }] } } },
  ]);
  await trace.choose("copy-menu", "curl command");
  assert.equal(await trace.copied(), "curl --request 'POST' 'https://bank.example/charge?card='\\''1'\\''' \\\n  --header 'x-shop: it'\\''s us'");
  await trace.choose("copy-menu", "Span as OTLP JSON");
  const [resource] = JSON.parse(await trace.copied()).resourceSpans;
  assert.equal(resource.scopeSpans[0].spans.length, 1);
  assert.equal(resource.scopeSpans[0].spans[0].spanId, span.spanId);
  await trace.choose("copy-menu", "Link to this span");
  const link = new URL(await trace.copied());
  assert.equal(link.origin, new URL(page.url()).origin);
  assert.equal(link.searchParams.get("span"), span.spanId);

  await trace.openDetail(sent.ids["POST /checkout"]);
  await trace.choose("copy-menu", "With 3 descendants as Jaeger JSON");
  const [whole] = JSON.parse(await trace.copied()).data;
  assert.deepEqual(new Set(whole.spans.map((one) => one.spanID)), new Set(Object.values(sent.ids)));
});

test("attributes are filtered, looked for and copied with their keys", async (t) => {
  const { page, trace } = await charge(t, Array.from({ length: 12 }, (_, at) => text(`shop.item.${at}`, `sku ${at}`)));
  await page.getByTestId("detail-filter").fill("CREDIT");
  await idle(page);
  assert.deepEqual(await trace.attributes(), ["payment.method"]);
  await trace.attribute("payment.method").hover();
  await trace.choose("attribute-actions", "Copy key=value");
  assert.equal(await trace.copied(), "payment.method=credit_card");
  await trace.choose("attribute-actions", "Find spans with this value");
  assert.equal(new URL(page.url()).searchParams.get("uiFind"), "payment.method = credit_card");
  await trace.choose("attribute-actions", "Show as a column");
  assert.deepEqual(new URL(page.url()).searchParams.getAll("column"), ["payment.method"]);
});

test("the detail moves below the waterfall, is resized with keys, and is there again after a reload", async (t) => {
  const { page, trace } = await charge(t, []);
  const box = () => trace.detail.boundingBox();
  const beside = await box();
  assert.ok(beside.x > 700, "beside the waterfall");
  await trace.choose("placement-menu", "Bottom");
  const below = await box();
  assert.ok(below.x < 50 && below.y > beside.y && below.width > 1_000, "below it");
  const handle = page.getByRole("separator", { name: "Resize details" });
  await handle.focus();
  for (let times = 0; times < 3; times++) await page.keyboard.press("ArrowUp");
  await idle(page);
  assert.equal((await box()).height, below.height + 48);
  await page.reload();
  await idle(page);
  assert.ok((await box()).x < 50, "an address keeps the place");
});

test("values of a megabyte are cut, and the whole is there for those who ask", async (t) => {
  const list = JSON.stringify({ items: Array.from({ length: 60_000 }, (_, at) => `item ${at}`) });
  const { page, trace } = await charge(t, [text("big.text", "é".repeat(500_000)), text("big.json", list), text("small", "here")]);
  assert.ok((await trace.detail.innerText()).length < 10_000);
  const json = trace.attribute("big.json");
  await json.getByRole("button", { name: "Open as a tree" }).click();
  await json.locator("summary").click();
  await idle(page);
  assert.match(await json.innerText(), /\n99 item 99\n/);
  await json.getByRole("button", { name: "Show more of 60000" }).click();
  await idle(page);
  assert.match(await json.innerText(), /\n399 item 399\n/);
  await trace.attribute("big.text").getByRole("button", { name: /^Show all/ }).click();
  await idle(page);
  assert.ok((await trace.attribute("big.text").textContent()).includes("é".repeat(500_000)));
  const pieces = trace.attribute("big.text").locator(".value-piece");
  assert.ok((await pieces.count()) > 20, "laid out piece by piece");
  assert.ok(await pieces.evaluateAll((all) => all.every((piece) => piece.textContent.length <= 32 << 10)));
  // Or taken along as a file.
  const begun = page.waitForEvent("download");
  await trace.attribute("big.text").hover();
  await trace.attribute("big.text").getByTestId("attribute-actions").getByRole("button").first().click();
  await page.getByRole("menu").getByText("Save the value as a file").click();
  const file = await begun;
  assert.equal(file.suggestedFilename(), "big.text.txt");
  assert.equal(await readFile(await file.path(), "utf8"), "é".repeat(500_000));
});

test("an attribute says how many of the same operation are like it, and leads to them", async (t) => {
  const { viewer, otlp_http } = await server(t);
  // Of 40 steps one failed, three were tried again, half are of a zone; each has a number of its own.
  const sent = steps(40, {
    alike: (step) => [
      text("shop.order", `order ${step}`), text("shop.tier", "gold"), text("shop.zone", step % 2 ? "east" : "west"),
      { key: "http.status_code", value: { intValue: step === 7 ? "503" : "200" } },
      ...(step === 7 ? [text("shop.alarm", "rung")] : [text("shop.cached", "no")]),
      ...([3, 7, 9].includes(step) ? [text("shop.retry", "yes")] : [text("shop.retry", "no")]),
    ],
  });
  for (const body of sent.bodies) await send(otlp_http, body);
  const page = await open(t, `${viewer}/trace/${sent.traceId}?span=${sent.id(7)}&open=1`);
  const trace = new Trace(page);
  const said = async (key) => (await trace.attribute(key).locator(".attribute-peers").allTextContents())[0] ?? null;
  await trace.attribute("http.status_code").locator(".attribute-peers").waitFor();
  const keys = ["http.status_code", "shop.retry", "shop.zone", "shop.alarm", "shop.tier", "shop.order"];
  assert.deepEqual(await Promise.all(keys.map(said)), ["1 of 40", "3 of 40", "20 of 40", "unique", null, null]);
  assert.match(await trace.detail.getByTestId("missing-here").innerText(), /shop\.cached 39 of 40/);
  await picture(page, "peers");

  await trace.attribute("shop.retry").getByTestId("peers").click();
  await idle(page);
  assert.equal(await trace.finder.inputValue(), "service = stepper and operation = step and kind = internal and shop.retry = yes");
  assert.match(await trace.count(), /of 3$/);
  await trace.detail.getByTestId("missing-here").getByRole("button").click();
  await idle(page);
  assert.match(await trace.count(), /1 of 1$/);
  // One of its kind has nobody to be compared with.
  await page.keyboard.press("Escape");
  await trace.look("");
  await trace.openDetail(sent.id(0));
  assert.equal(await trace.detail.locator(".attribute-peers").count(), 0);
});
