// Closes pages, servers and browsers of a test in the reverse order of opening: a page before the server that it requests.

const opened = new WeakMap();

/** Calls `close` when the test has ended, before what was opened earlier is closed. */
export function closeAtEnd(t, close) {
  if (!opened.has(t)) {
    opened.set(t, []);
    t.after(async () => {
      const failed = [];
      for (const close of opened.get(t).reverse()) await Promise.resolve().then(close).catch((error) => failed.push(error));
      if (failed.length > 0) throw failed[0];
    });
  }
  opened.get(t).push(close);
}
