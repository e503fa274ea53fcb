// Served as a real Jaeger serves it: below a prefix, index.html for every path, only static files from the folder.

import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "./browser.mjs";
import { Frame } from "./pages/frame.mjs";
import { Search } from "./pages/search.mjs";
import { Trace } from "./pages/trace.mjs";
import { fakeJaeger } from "./stage.mjs";

const TRACE = "5b8efff798038103d269b633813fc60c";

/** What a Jaeger of version 1 or 2 answers; it does not know the newest calls. */
function jaeger(path) {
  if (path.startsWith("/api/v3/")) return { status: 404, type: "text/plain", body: "404 page not found\n" };
  const json = (data) => ({ body: JSON.stringify({ data, total: 0, limit: 0, offset: 0, errors: null }) });
  if (path === "/api/services") return json(["front"]);
  if (path.startsWith("/api/operations") || path.startsWith("/api/services/")) return json([{ name: "GET /", spanKind: "server" }]);
  const span = (spanID, parent, startTime, duration) => ({
    traceID: TRACE, spanID, operationName: "GET /", startTime, duration, processID: "p1", flags: 1, logs: [], warnings: null,
    references: parent ? [{ refType: "CHILD_OF", traceID: TRACE, spanID: parent }] : [],
    tags: [
      { key: "zone", type: "string", value: "b" }, { key: "db.system", type: "string", value: "none" },
      { key: "http.route", type: "string", value: "/" }, { key: "Error.kind", type: "string", value: "a b" },
    ],
  });
  const begin = (Date.now() - 60_000) * 1000;
  const trace = {
    traceID: TRACE, spans: [span("0000000000000001", null, begin, 5000), span("0000000000000002", "0000000000000001", begin + 1000, 2000)],
    processes: { p1: { serviceName: "front", tags: [] } }, warnings: null,
  };
  if (path.startsWith("/api/traces")) return json([trace]);
  if (path.startsWith("/api/dependencies")) return json([]);
  return path.startsWith("/api/") ? { status: 404, type: "text/plain", body: "404 page not found\n" } : undefined;
}

// The newest calls are tried first, and this Jaeger does not know them.
const older = { allowed: [/status of 404/] };

for (const prefix of ["", "/jaeger/ui", "/behind/trace/proxy"]) {
  test(`mounted at ${prefix || "/"}`, async (t) => {
    const { url, asked } = await fakeJaeger(t, { prefix, api: jaeger });
    const page = await open(t, `${url}/`, older);
    const search = new Search(page);
    await search.search({ service: "front" });
    await search.open(TRACE);
    assert.ok(page.url().startsWith(`${url}/trace/${TRACE}`), page.url());
    assert.equal((await new Trace(page).spans()).length, 2);
    await new Frame(page).go("search");
    assert.ok(page.url().startsWith(`${url}/search`), page.url());
    const outside = asked.filter((path) => !path.startsWith(`${prefix}/`) && path !== prefix);
    assert.deepEqual(outside.filter((path) => path !== "/favicon.ico"), [], "requests outside the prefix");

    const deep = await open(t, `${url}/trace/${TRACE}`, older);
    assert.equal((await new Trace(deep).spans()).length, 2);
  });
}

test("an address that is no page of ours still opens the app, which says so", async (t) => {
  const { url } = await fakeJaeger(t, { prefix: "/jaeger", api: jaeger });
  const page = await open(t, `${url}/deep/down/nowhere`, { allowed: [/status of 404/, /MIME type/] });
  assert.match(await page.locator("main").innerText(), /not found|no page|nowhere/i);
});

test("what is configured for Jaeger's pages holds here: links of traces and values, and which keys come first", async (t) => {
  const linkPatterns = [
    { type: "traces", url: "https://logs.example/?trace=#{traceID}&from=#{startTime | epoch_micros_to_date_iso}", text: "Logs of #{traceName}" },
    { type: "traces", url: "javascript:alert(1)", text: "Run" },
    { type: "tags", key: "Error.kind", url: "https://errors.example/#{Error.kind}/#{trace.traceID}", text: "About #{Error.kind}" },
  ];
  const root = { key: "0000000000000001" };
  const keys = async (config) => {
    const { url } = await fakeJaeger(t, { api: jaeger, config });
    const page = await open(t, `${url}/trace/${TRACE}?span=${root.key}&open=1`, older);
    return { page, keys: (await new Trace(page).attributes()).slice(0, 4) };
  };
  const plain = await keys({});
  assert.deepEqual(plain.keys, ["http.route", "db.system", "Error.kind", "zone"], "Jaeger's default: HTTP first, then by letter");
  assert.equal(await plain.page.getByTestId("trace-link").count(), 0);

  const { page, keys: ordered } = await keys({ topTagPrefixes: ["zone", "DB."], linkPatterns });
  assert.deepEqual(ordered, ["zone", "db.system", "Error.kind", "http.route"]);
  const links = await page.getByTestId("trace-link").evaluateAll((links) => links.map((link) => [link.textContent, link.href, link.rel]));
  assert.equal(links.length, 1, "and nothing that would run");
  const [[text, href, rel]] = links;
  assert.equal(text, "Logs of front: GET / ↗");
  assert.match(href, new RegExp(`^https://logs\\.example/\\?trace=${TRACE}&from=20\\d\\d-\\d\\d-\\d\\dT\\d\\d%3A`));
  assert.equal(rel, "noopener noreferrer");
  const value = new Trace(page).attribute("Error.kind").getByRole("link");
  assert.equal(await value.getAttribute("href"), `https://errors.example/a%20b/${TRACE}`);
});
