// No page has anything that axe-core calls serious or critical, in either theme.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { axeSource, idle, open } from "./browser.mjs";
import { Frame, PAGES } from "./pages/frame.mjs";
import { Trace } from "./pages/trace.mjs";
import { checkout, send } from "./spans.mjs";
import { server } from "./stage.mjs";

const axe = await readFile(axeSource, "utf8");

async function check(page, name) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const told = grave.map(({ id, help, nodes }) => `${name}: ${id} (${help}): ${nodes.map((node) => node.html).slice(0, 3).join(" | ")}`);
  assert.deepEqual(told, []);
}

for (const colorScheme of ["light", "dark"]) {
  test(`every page in the ${colorScheme} theme`, async (t) => {
    // The demo's page shows the problem of a demo that is down, whose card is checked in this way too.
    const { viewer, otlp_http } = await server(t, { words: ["--demo", "http://127.0.0.1:1"] });
    const sent = checkout();
    await send(otlp_http, sent.body);
    const allowed = [/status of 400/, /status of 50\d/, /status of 404/];
    const page = await open(t, `${viewer}/search?service=frontend&lookback=1h&limit=20`, { colorScheme, allowed });
    await check(page, "results");
    const frame = new Frame(page);
    for (const name of PAGES) {
      await frame.go(name);
      await check(page, name);
    }
    for (const address of ["about", "nowhere", "trace/nothing", "search?service=nobody&lookback=1h"]) {
      await page.goto(`${viewer}/${address}`);
      await idle(page);
      await check(page, address);
    }
    await page.goto(`${viewer}/trace/${sent.traceId}`);
    await idle(page);
    await check(page, "trace");
    await new Trace(page).openDetail(sent.ids["charge card"]);
    await check(page, "detail");
    await page.goto(`${viewer}/trace/${sent.traceId}?detail=inline&opened=${sent.ids["charge card"]}.${sent.ids["SELECT stock"]}`);
    await idle(page);
    await check(page, "details between rows");
    await page.keyboard.press("?");
    await check(page, "keys");
    await page.keyboard.press("?");
    await page.keyboard.press("Control+k");
    await check(page, "palette");
    await page.keyboard.press("Escape");
    await page.keyboard.press("/");
    await page.keyboard.type("serv");
    await page.getByRole("option").first().waitFor();
    await idle(page);
    await check(page, "find");
    await page.getByTestId("find").fill("servise = x");
    await idle(page);
    await check(page, "hint");
    await page.getByTestId("find").fill("");
    await page.getByTestId("colour").selectOption("attribute");
    await page.getByTestId("colour-key").fill("http.routes");
    await page.getByRole("option").first().waitFor({ state: "hidden" });
    await page.getByTestId("colour-key").press("Enter");
    await idle(page);
    await check(page, "key");
  });
}
