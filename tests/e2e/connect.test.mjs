// Settings tells why a server cannot be used, and a problem leads there and back to this page's own server.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { idle, open } from "./browser.mjs";
import { freePort, server } from "./stage.mjs";
import { closeAtEnd } from "./closing.mjs";

/** A server on another origin that answers all requests alike, or each path of `paths` with its own body. */
async function stranger(t, headers, body, status = 200, paths = {}) {
  const listener = createServer((request, response) => {
    const own = paths[new URL(request.url, "http://x").pathname];
    return own === undefined ? response.writeHead(status, headers).end(body) : response.writeHead(200, headers).end(own);
  });
  await new Promise((listening) => listener.listen(0, "127.0.0.1", listening));
  closeAtEnd(t, () => new Promise((closed) => { listener.close(closed); listener.closeAllConnections(); }));
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
  const json = { ...cors, "content-type": "application/json" };
  assert.match(await happened(await stranger(t, json, '{"status":"up"}')), /doesn't match Jaeger's API: expected a list of services, found status/);
  assert.equal(await page.getByTestId("allowed-origin").count(), 0);
  assert.match(await happened(await stranger(t, { "content-type": "application/json" }, "{}")), /doesn't allow this page to read it \(CORS\)/);
  assert.match(await page.getByTestId("allowed-origin").innerText(), new RegExp(new URL(viewer).origin));
  assert.match(await page.getByTestId("problem-try").innerText(), /let Jaeger serve Spandrel/);
  await page.getByTestId("settings-source").fill("");
  await page.getByTestId("settings-try").click();
  await page.getByText(/Connected: \d+ service/).waitFor();
});

for (const way of ["mouse", "keyboard"]) {
  test(`the connection test names other products (${way})`, async (t) => {
    const { viewer } = await server(t);
    const page = await open(t, `${viewer}/settings`, { allowed: [/CORS/, /Failed to load/, /ERR_/] });
    const json = { ...cors, "content-type": "application/json" };
    for (const [product, paths] of [
      ["Grafana Tempo", { "/api/echo": "echo" }],
      ["Zipkin", { "/api/v2/services": '["frontend"]' }],
      ["Prometheus", { "/api/v1/status/buildinfo": '{"status":"success","data":{"goVersion":"go1.24"}}' }],
      ["Grafana", { "/api/health": '{"database":"ok","version":"12.0"}' }],
      ["Elasticsearch or OpenSearch", { "/": '{"name":"a","cluster_uuid":"b","tagline":"You Know, for Search"}' }],
    ]) {
      await page.getByTestId("settings-source").fill(await stranger(t, json, '{"message":"not found"}', 404, paths));
      const button = page.getByTestId("settings-try");
      await (way === "mouse" ? button.click() : button.press("Enter"));
      await idle(page);
      assert.match(await page.getByTestId("problem-happened").innerText(), new RegExp(`no Jaeger: it looks like ${product}\\.`));
    }
  });

  test(`a search that CORS forbids says so, with the origin to allow (${way})`, async (t) => {
    const { viewer } = await server(t);
    const page = await open(t, `${viewer}/settings`, {
      allowed: [/CORS/, /Failed to load/, /ERR_/], permissions: ["clipboard-read", "clipboard-write"],
    });
    await page.getByTestId("settings-source").fill(await stranger(t, { "content-type": "application/json" }, "{}"));
    await page.getByTestId("settings-save").click();
    await idle(page);
    await page.goto(`${viewer}/search?service=gateway`);
    await idle(page);
    assert.match(await page.getByTestId("problem-happened").first().innerText(), /doesn't allow this page to read it \(CORS\)/);
    const copy = page.getByTestId("allowed-origin").first().getByRole("button", { name: "Copy origin" });
    await (way === "mouse" ? copy.click() : copy.press("Enter"));
    await page.getByText("Copied").first().waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), new URL(viewer).origin);
    await page.getByTestId("source").waitFor();
    await page.goto(`${viewer}/monitor?service=gateway`);
    await idle(page);
    assert.match(await page.getByTestId("problem-happened").first().innerText(), /CORS/);
    await page.evaluate(() => localStorage.clear());
  });

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
