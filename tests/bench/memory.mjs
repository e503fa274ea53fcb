// Memory of a page, measured at rest: the browser frees the tiles that it painted while one scrolled within seconds, and pages of
// its heap and glyphs of texts within half a minute.

import { readFileSync } from "node:fs";

const MB = 1024 * 1024;
/** Milliseconds between two readings, and the most of them until two are alike. */
const REST = 5_000;
const READINGS = 9;

/**
 * Bytes that only the renderer has, of the one that has most: neither files that it maps, as the browser's own code, nor tiles
 * shared with the compositor. The garbage of page and worker is collected before each reading.
 */
export async function memory(browser, page) {
  const sessions = [page.sessionId];
  const off = browser.on(({ method, params }) => method === "Target.attachedToTarget" && params.targetInfo.type === "worker" && sessions.push(params.sessionId));
  const attach = (autoAttach) => page.send("Target.setAutoAttach", { autoAttach, waitForDebuggerOnStart: false, flatten: true });
  await attach(true);
  try {
    let all = Infinity;
    for (let reading = 0; reading < READINGS; reading++) {
      await new Promise((later) => setTimeout(later, REST));
      for (const session of sessions) await browser.send("HeapProfiler.collectGarbage", {}, session);
      const before = all;
      all = await ownBytes(browser);
      if (Math.abs(before - all) < MB) break;
    }
    return all;
  } finally {
    off();
    await attach(false);
  }
}

/** Bytes that only the largest renderer has. */
async function ownBytes(browser) {
  const { processInfo } = await browser.send("SystemInfo.getProcessInfo");
  const renderers = processInfo.filter(({ type }) => type === "renderer");
  const own = renderers.map(({ id }) => Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${id}/status`, "utf8"))[1]) * 1024);
  return Math.max(...own);
}
