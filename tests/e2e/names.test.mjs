// Names that no span has, and comparisons as other tools write them, are said to be that; attribute keys are completed with
// their counts wherever they are typed; the start of a trace's ID opens it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { dropFile, idle, open } from "./browser.mjs";
import { Problem } from "./pages/problem.mjs";
import { Trace } from "./pages/trace.mjs";
import { checkout, repeated, send } from "./spans.mjs";
import { fakeJaeger, server } from "./stage.mjs";

async function opened(t, { body, traceId } = checkout(), query = "") {
  const { viewer, otlp_http } = await server(t);
  await send(otlp_http, body);
  const page = await open(t, `${viewer}/trace/${traceId}${query}`);
  return { page, trace: new Trace(page), viewer };
}

for (const way of ["mouse", "keyboard"]) {
  test(`an unknown name in the find is named, and the nearest one is taken (${way})`, async (t) => {
    const { page, trace } = await opened(t);
    await page.keyboard.press("/");
    await page.keyboard.type("http.rout = /checkout");
    await idle(page);
    const hint = page.getByTestId("find-hint");
    assert.match(await hint.innerText(), /No span has the attribute http\.rout\. Did you mean http\.route\?/);
    const take = hint.getByTestId("hint-take");
    if (way === "mouse") await take.click();
    else {
      await take.focus();
      await page.keyboard.press("Enter");
    }
    await idle(page);
    assert.equal(await trace.finder.inputValue(), "http.route = /checkout");
    assert.equal(await trace.count(), "1 match");
    assert.equal(await hint.count(), 0);
  });
}

test("comparisons in the notation of other tools are told with ours", async (t) => {
  const { page, trace } = await opened(t);
  for (const [text, said] of [
    ["service:payment", /service:payment is not a comparison here\. Did you mean service = payment\?/],
    ["duration gt 1ms", /Did you mean duration > 1ms\?/],
    ["{ service = payment }", /Did you mean service = payment\?/],
    ["servise = payment", /No span has the attribute servise\. Did you mean service\?/],
    ["zzz = 1", /No span has the attribute zzz\.$/],
  ]) {
    await trace.look(text);
    assert.match((await page.getByTestId("find-hint").innerText()).trim(), said, text);
  }
  await trace.look("service:payment");
  await page.getByTestId("hint-take").click();
  await idle(page);
  assert.equal(await trace.count(), "1 match");
  for (const understood of ["payment.method=credit_card", "service = nobody", "nothing like that"]) {
    await trace.look(understood);
    assert.equal(await page.getByTestId("find-hint").count(), 0, understood);
  }
});

test("keys are completed with their counts in colour, column, tables and find, with the keyboard", async (t) => {
  const { page } = await opened(t, repeated(30));
  const offered = async () =>
    page.locator(".choices [role=option]").evaluateAll((options) => options.map((option) => [...option.children].map((part) => part.textContent)));
  const completes = async (field, press = () => field.press("ArrowDown")) => {
    await field.focus();
    await page.keyboard.type("ite");
    await page.locator(".choices [role=option]").first().waitFor();
    await idle(page);
    assert.deepEqual((await offered())[0], ["item", "30"]);
    await press();
    await page.keyboard.press("Enter");
    await idle(page);
  };
  await page.getByTestId("colour").selectOption("attribute");
  const colour = page.getByTestId("colour-key");
  await completes(colour);
  assert.equal(await colour.inputValue(), "item");
  assert.match(page.url(), /colour=attribute(:|%3A)item/);
  await page.getByTestId("arrange").click();
  await completes(page.getByTestId("add-column"));
  assert.match(page.url(), /column=item/);
  await page.getByTestId("arrange").click();
  await completes(page.getByTestId("find"));
  await page.getByTestId("find").fill("");
  await page.keyboard.press("Escape");
  await page.getByRole("tab", { name: "Spans", exact: true }).click();
  await idle(page);
  await completes(page.getByTestId("add-span-column"));
  assert.ok((await page.getByRole("columnheader").allInnerTexts()).some((head) => head.includes("item")));
});

for (const [where, test_id, prepare] of [
  ["colour", "colour-key", (page) => page.getByTestId("colour").selectOption("attribute")],
  ["column", "add-column", (page) => page.getByTestId("arrange").click()],
]) {
  test(`a key that no span has is said to be one where it is typed: ${where}`, async (t) => {
    const { page } = await opened(t);
    await prepare(page);
    const field = page.getByTestId(test_id);
    await field.fill("http.routes");
    await field.press("Enter");
    await idle(page);
    const hint = page.getByTestId("key-hint");
    assert.match(await hint.innerText(), /No span has the attribute http\.routes\. Did you mean http\.route\?/);
    await hint.getByTestId("hint-take").click();
    await idle(page);
    assert.equal(await field.inputValue(), "http.route");
    assert.equal(await hint.count(), 0);
  });
}

test("the start of a trace's ID opens the only trace that has it", async (t) => {
  const { viewer, otlp_http } = await server(t);
  const [one, other] = [checkout({ traceId: "abcdef0123456789abcdef0123456789" }), checkout({ traceId: "abcdef01fffff789abcdef0123456789" })];
  for (const sent of [one, other]) await send(otlp_http, sent.body);
  const page = await open(t, viewer, { allowed: [/status of 40[04]/] });
  const enter = async (text) => {
    await page.getByTestId("open-trace").fill(text);
    await page.getByTestId("open-trace").press("Enter");
    await idle(page);
  };
  await enter("ABCDEF012");
  assert.equal((await new Trace(page).spans()).length, one.count);
  assert.match(page.url(), new RegExp(`/trace/${one.traceId}`), "the address keeps the whole ID");
  await enter("abcdef0");
  await new Problem(page).says(/more than one trace ID starts with abcdef0/);
  await enter("abc");
  await new Problem(page).says(/no trace with this ID/);
  await enter("12345678");
  await new Problem(page).says(/The ID has 8 of 32 digits/);
});

test("a Jaeger refuses the start of an ID, and the page says why", async (t) => {
  const body = JSON.stringify({ error: { httpCode: 404, message: "trace not found" } });
  const { url } = await fakeJaeger(t, { api: (path) => (path.startsWith("/api/") ? { status: 404, body } : undefined) });
  const page = await open(t, `${url}/settings`, { allowed: [/status of 404/] });
  await page.getByTestId("open-trace").fill("4bf92f35");
  await page.getByTestId("open-trace").press("Enter");
  await new Problem(page).says(/The ID has 8 of 32 digits/, /a Jaeger needs the whole ID/);
});

test("the start of an ID opens a trace of an opened file", async (t) => {
  const { viewer } = await server(t);
  const page = await open(t, viewer);
  const sent = checkout({ traceId: "0000000000000000abcdef0123456789" });
  await dropFile(page, "checkout.json", JSON.stringify(sent.body));
  assert.equal(await page.getByTestId("trace-id").innerText(), "abcdef0123456789", "without the zeros before 64 bits");
  await page.goto(`${viewer}/trace/${sent.traceId}`);
  await idle(page);
  await page.getByTestId("open-trace").fill("abcdef01");
  await page.getByTestId("open-trace").press("Enter");
  await idle(page);
  assert.equal((await new Trace(page).spans()).length, sent.count);
});
