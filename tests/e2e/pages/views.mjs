// The views of one trace: tabs, flame graph, graph of operations, sequence diagram, lanes.

import { idle } from "../browser.mjs";

export class Views {
  constructor(page) {
    this.page = page;
    this.tabs = page.getByTestId("tab");
    this.flame = page.getByTestId("flame");
    this.frame = page.getByTestId("flame-frame");
    this.tip = page.getByTestId("flame-tip");
    this.note = page.getByTestId("flame-note");
    this.messages = page.getByTestId("sequence-message");
    this.chart = page.locator('[data-kind="active"]');
    this.operations = page.getByTestId("operation");
  }

  tab(view) {
    return this.page.locator(`[data-test="tab"][data-view="${view}"]`);
  }

  /** Chooses a view by its tab. */
  async choose(view) {
    await this.tab(view).click();
    await idle(this.page);
  }

  /** The view that is shown. */
  async shown() {
    return this.page.locator('[data-test="tab"][aria-selected="true"]').getAttribute("data-view");
  }

  /** Chooses the layout of the flame graph by its name. */
  async layout(name) {
    await this.page.getByTestId("flame-layout").filter({ hasText: name }).click();
    await idle(this.page);
  }

  async press(...keys) {
    for (const key of keys) await this.page.keyboard.press(key);
    await idle(this.page);
  }

  /** What the flame graph has drawn. */
  async drawn() {
    return this.page.getByTestId("flame-canvas").evaluate((canvas) => canvas.toDataURL());
  }

  /** A parameter of the address. */
  parameter(name) {
    return new URL(this.page.url()).searchParams.get(name);
  }
}
