// Servers for end-to-end tests: the real server, the real demo, or a file server that behaves like a Jaeger. Each listens
// on a free port of this machine, stores data in a temporary folder, and is stopped by `closeAtEnd`.

import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { connect, createServer as createSocket } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { closeAtEnd } from "./closing.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const dist = process.env.SPANDREL_DIST ?? join(root, "target/test-dist");
// Our programs read SPANDREL_* as settings: those of the tests must not reach them.
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("SPANDREL_") && !name.startsWith("OTEL_")));
const binary = (variable, name) => process.env[variable] ?? join(root, "target/debug", name);

// Below the ports that systems give to connections (32768 and up on Linux, 49152 elsewhere), so that none takes it
// meanwhile; each test process starts at a different one.
let nextPort = 10_000 + ((process.pid * 37) % 20_000);

/** A port that is free, and stays so unless a program asks for this very number. */
export async function freePort() {
  for (;;) {
    const port = nextPort;
    nextPort = port < 30_000 ? port + 1 : 10_000;
    const socket = createSocket();
    const isFree = await new Promise((done) => socket.once("error", () => done(false)).listen(port, "127.0.0.1", () => done(true)));
    if (!isFree) continue;
    await new Promise((closed) => socket.close(closed));
    return port;
  }
}

/** Starts one of our programs and gives the addresses of its `ready name=URL …` line. */
async function start(t, path, words, more = {}) {
  const child = spawn(path, words, { env: { ...env, ...more }, stdio: ["ignore", "pipe", "pipe"] });
  const said = [];
  const ended = new Promise((end) => child.once("exit", (code, signal) => end(code ?? signal)));
  const stop = async () => {
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(late);
  };
  closeAtEnd(t, stop);
  child.stderr.on("data", (data) => said.push(data));
  const ready = new Promise((found, failed) => {
    let text = "";
    child.stdout.on("data", (data) => {
      said.push(data);
      text += data;
      const line = text.match(/^ready (.+)$/m);
      if (line) found(Object.fromEntries(line[1].trim().split(/\s+/).map((word) => word.split(/=(.*)/s).slice(0, 2))));
    });
    child.once("error", failed);
    ended.then((how) => failed(new Error(`${path} ended (${how}) before it was ready:\n${Buffer.concat(said)}`)));
  });
  return { ...(await ready), stop };
}

/**
 * Settings that give one demo an empty database of a real Redis and an empty schema of a real PostgreSQL, where the variables of
 * `cargo xtask test --only parts` name them; none otherwise.
 */
async function realParts() {
  const { SPANDREL_TEST_REDIS_URL: redis, SPANDREL_TEST_DATABASE_URL: postgres, SPANDREL_TEST_PSQL: psql } = process.env;
  if (!redis || !postgres || !psql) return {};
  // Journeys run one at a time, and each stops its demo at its end.
  const number = 1023;
  await new Promise((done, failed) => {
    const { hostname, port } = new URL(redis);
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(`SELECT ${number}\r\nFLUSHDB\r\nQUIT\r\n`));
    const said = [];
    socket.on("data", (data) => said.push(data)).once("error", failed);
    socket.once("close", () => {
      const text = Buffer.concat(said).toString();
      if (/^\+OK\r\n\+OK\r\n/.test(text)) done();
      else failed(new Error(`Redis has not emptied its database: ${text}`));
    });
  });
  const schema = `journey_${process.pid}_${Date.now()}`;
  await promisify(execFile)(psql, [postgres, "--quiet", "--command", `CREATE SCHEMA ${schema}`]);
  return { REDIS_URL: `${redis}/${number}`, DATABASE_URL: `${postgres}?options[search_path]=${schema}` };
}

/** The real server with the viewer, and with the demo when `demo` is true. Addresses: `viewer`, `otlp_http`, `gateway`. */
export async function server(t, { demo = false, words = [], demoWords = [] } = {}) {
  const data = await mkdtemp(join(tmpdir(), "spandrel-e2e-"));
  // The demo has to know the server's port, and the server the demo's.
  const otlpPort = demo ? await freePort() : 0;
  let gateway;
  if (demo) {
    ({ gateway } = await start(t, binary("SPANDREL_DEMO_BIN", "spandrel-demo"), [
      "--base-port", "0", "--otlp", `http://127.0.0.1:${otlpPort}`, ...demoWords,
    ], await realParts()));
    words = [...words, "--demo", gateway];
  }
  const running = await start(t, binary("SPANDREL_SERVER_BIN", "spandrel-server"), [
    "--port", "0", "--otlp-http-port", `${otlpPort}`, "--otlp-grpc-port", "0", "--query-grpc-port", "0", "--data-dir", data, "--viewer", dist, ...words,
  ]);
  closeAtEnd(t, async () => {
    await running.stop();
    await rm(data, { recursive: true, force: true });
  });
  return { ...running, gateway };
}

const types = {
  ".css": "text/css", ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".json": "application/json",
  ".svg": "image/svg+xml", ".wasm": "application/wasm",
};

/**
 * Serves the shipped files as a real Jaeger does: only `{prefix}/static/…` from the folder, index.html with its markers
 * filled in for every other path below the prefix, 404 outside. `api(path, url)` may answer first: `{status, type, body}`,
 * or `{stream}`, a function that is given the response and does with it as it likes.
 */
export async function fakeJaeger(t, { prefix = "", api = () => undefined, config = {} } = {}) {
  const asked = [];
  const listener = createServer(async (request, response) => {
    const url = new URL(request.url, "http://x");
    asked.push(request.url);
    const send = (status, type, body) => response.writeHead(status, { "content-type": type }).end(body);
    if (prefix && url.pathname === prefix) return response.writeHead(307, { location: `${prefix}/` }).end();
    if (!url.pathname.startsWith(`${prefix}/`)) return send(404, "text/plain", "404 page not found\n");
    const path = url.pathname.slice(prefix.length);
    const answer = api(path, url);
    if (answer?.stream) return answer.stream(response);
    if (answer) return send(answer.status ?? 200, answer.type ?? "application/json", answer.body);
    if (path.startsWith("/static/")) {
      const file = resolve(dist, `.${path}`);
      const bytes = file.startsWith(resolve(dist)) ? await readFile(file).catch(() => null) : null;
      return bytes ? send(200, types[extname(file)] ?? "application/octet-stream", bytes) : send(404, "text/plain", "404 page not found\n");
    }
    const page = (await readFile(join(dist, "index.html"), "utf8"))
      .replace("JAEGER_CONFIG = DEFAULT_CONFIG;", `JAEGER_CONFIG = ${JSON.stringify({ search: { maxLookback: { label: "2 Days", value: "2d" } }, ...config })};`)
      .replace("JAEGER_VERSION = DEFAULT_VERSION;", 'JAEGER_VERSION = {"gitCommit":"0","gitVersion":"v2.20.0","buildDate":"2026-01-01"};');
    send(200, types[".html"], page);
  });
  await new Promise((listening) => listener.listen(0, "127.0.0.1", listening));
  const stop = () => new Promise((closed) => { listener.close(closed); listener.closeAllConnections(); });
  closeAtEnd(t, stop);
  return { url: `http://127.0.0.1:${listener.address().port}${prefix}`, asked, stop };
}
