// Pictures of every page, light and dark, in four widths and at 200 % zoom, with the real demo's traces. Taken when SPANDREL_SHOTS names a
// folder: `SPANDREL_SHOTS=target/shots cargo xtask test --only viewer,native,e2e`.

import { test } from "node:test";
import { idle, open, picture } from "./browser.mjs";
import { Frame, PAGES } from "./pages/frame.mjs";
import { Trace } from "./pages/trace.mjs";
import { server } from "./stage.mjs";

// The views of a trace, as addresses name them.
const VIEWS = ["statistics", "flame", "spans", "events", "graph", "sequence", "lanes", "critical", "json", "logs"];

// Windows by the last part of a picture's name. A window of 1440 by 900 pixels at 200 % zoom has half of each.
const WINDOWS = {
  1440: { width: 1440, height: 900 }, 1024: { width: 1024, height: 768 }, 800: { width: 800, height: 900 },
  320: { width: 320, height: 700 }, zoomed: { width: 720, height: 450 },
};

const order = {
  user_id: "u-1", payment_method: "credit_card", items: [{ id: "item-1", name: "Lamp", price: 29.99, quantity: 2 }],
};

test("pictures", async (t) => {
  const { viewer, gateway } = await server(t, { demo: true });
  const post = (path, body) =>
    fetch(`${gateway}/${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  for (let at = 0; at < 8; at++) await post("orders", order);
  await post("orders/simulate-error", {});
  await new Promise((later) => setTimeout(later, 1500));
  const found = await (await fetch(`${viewer}/api/traces?service=gateway&limit=20&lookback=1h`)).json();
  const failed = found.data.find(({ spans }) => spans.some(({ tags }) => tags.some(({ key, value }) => key === "error" && value === true)));
  for (const colorScheme of ["light", "dark"]) {
    for (const [window, viewport] of Object.entries(WINDOWS)) {
      const page = await open(t, `${viewer}/search?service=gateway&lookback=1h&limit=20`, { colorScheme, viewport });
      const name = (what) => `${what}-${colorScheme}-${window}`;
      await picture(page, name("results"));
      for (const one of PAGES) {
        await new Frame(page).go(one);
        await picture(page, name(one));
      }
      for (const address of ["about", "trace/nothing"]) {
        await page.goto(`${viewer}/${address}`);
        await idle(page);
        await picture(page, name(address.replace("trace/", "")));
      }
      await page.goto(`${viewer}/trace/${(failed ?? found.data[0]).traceID}`);
      await idle(page);
      await picture(page, name("trace"));
      const trace = new Trace(page);
      await trace.openDetail((await trace.spans())[1]);
      await picture(page, name("detail"));
      const address = `${viewer}/trace/${(failed ?? found.data[0]).traceID}`;
      for (const view of VIEWS) {
        await page.goto(`${address}?view=${view}`);
        await idle(page);
        await picture(page, name(view));
      }
      for (const panel of ["findings", "lint"]) {
        await page.goto(`${address}?${panel}=1`);
        await idle(page);
        await picture(page, name(panel));
      }
    }
  }
});
