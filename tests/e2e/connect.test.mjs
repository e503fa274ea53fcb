// Settings tells why a server cannot be used, and a problem leads there and back to this page's own server.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { idle, open } from "./browser.mjs";
import { freePort, server } from "./stage.mjs";

/** A server on another origin that answers all requests alike. */
async function stranger(t, headers, body, status = 200) {
  const listener = createServer((_, response) => response.writeHead(status, headers).end(body));
  await new Promise((listening) => listener.listen(0, "127.0.0.1", listening));
  t.after(() => new Promise((closed) => { listener.close(closed); listener.closeAllConnections(); }));
  return `http://127.0.0.1:${listener.address().port}`;
}

const cors = { "access-control-allow-origin": "*" };

test("the connection test tells what is in the way", async (t) => {
  const { viewer } = await server(t);
  const page = await open(t, `${viewer}/settings`, { allowed: [/CORS/, /Failed to load/, /ERR_/] });
  const happened = async (url) => {
    await page.getByTestId("settings-source").fill(url);
    await page.getByTestId("settings-try").click();
    await idle(page);
    return page.getByTestId("problem-happened").innerText();
  };
  assert.match(await happened("http://not a host"), /not an HTTP URL/);
  assert.match(await happened(`http://127.0.0.1:${await freePort()}`), /Nothing answers/);
  assert.match(await happened(await stranger(t, { ...cors, "content-type": "text/html" }, "<!doctype html>")), /web page \(HTML\)/);
  assert.match(await happened(await stranger(t, { ...cors, "content-type": "application/json" }, "[]")), /doesn't match Jaeger's API/);
  assert.equal(await page.getByTestId("allowed-origin").count(), 0);
  assert.match(await happened(await stranger(t, { "content-type": "application/json" }, "{}")), /doesn't allow this page to read it \(CORS\)/);
  assert.match(await page.getByTestId("allowed-origin").innerText(), new RegExp(new URL(viewer).origin));
  assert.match(await page.getByTestId("problem-try").innerText(), /let Jaeger serve Spandrel/);
  await page.getByTestId("settings-source").fill("");
  await page.getByTestId("settings-try").click();
  await page.getByText(/Connected: \d+ service/).waitFor();
});

for (const way of ["mouse", "keyboard"]) {
  test(`a problem leads to the settings, and back to this page's server (${way})`, async (t) => {
    const { viewer } = await server(t);
    const page = await open(t, `${viewer}/settings`, { allowed: [/CORS/, /Failed to load/, /ERR_/] });
    const press = async (name) => {
      const button = page.getByTestId(name);
      await (way === "mouse" ? button.click() : button.press("Enter"));
      await idle(page);
    };
    await page.getByTestId("settings-source").fill(`http://127.0.0.1:${await freePort()}`);
    await press("settings-save");
    assert.equal(await page.getByTestId("problem-settings").count(), 0, "this is that page");
    await page.goto(`${viewer}/monitor?service=gateway`);
    await idle(page);
    await press("problem-settings");
    assert.match(page.url(), /\/settings$/);
    await page.goto(`${viewer}/monitor?service=gateway`);
    await idle(page);
    await press("problem-this-server");
    assert.equal(await page.getByTestId("problem").count(), 0);
    assert.match(await page.getByTestId("source").innerText(), /This server/);
  });
}
