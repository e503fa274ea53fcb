// The dependencies page: who calls whom, drawn, and as links for those who do not use a pointer.

import { idle } from "../browser.mjs";

export class Dependencies {
  constructor(page) {
    this.page = page;
    this.graph = page.getByTestId("dependencies-graph");
    this.note = page.getByTestId("dependencies-note");
    this.services = page.getByTestId("node-link");
    this.edges = page.getByTestId("edge-link");
  }

  edge(caller, callee) {
    return this.page.locator(`[data-test="edge-link"][data-caller="${caller}"][data-callee="${callee}"]`);
  }

  async openEdge(caller, callee) {
    await this.edge(caller, callee).click();
    await idle(this.page);
  }
}
