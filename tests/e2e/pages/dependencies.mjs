// The dependencies page: who calls whom, drawn, and as links for those who do not use a pointer.

import { idle } from "../browser.mjs";

export class Dependencies {
  constructor(page) {
    this.page = page;
    this.graph = page.getByTestId("dependencies-graph");
    this.note = page.getByTestId("dependencies-note");
    this.services = page.getByTestId("node-link");
    this.edges = page.getByTestId("edge-link");
    this.selected = page.getByTestId("dependencies-selected");
    this.examples = page.getByTestId("example-trace");
  }

  edge(caller, callee) {
    return this.page.locator(`[data-test="edge-link"][data-caller="${caller}"][data-callee="${callee}"]`);
  }

  /** The list: `caller → callee` to its calls and errors. */
  async links() {
    const rows = await this.page.getByTestId("dependencies-list").locator("tbody tr").evaluateAll((rows) =>
      rows.map((row) => [...row.querySelectorAll("td")].map((cell) => cell.innerText.trim())));
    return Object.fromEntries(rows.map(([caller, callee, ...numbers]) => [`${caller} → ${callee}`, numbers]));
  }

  /** Names and values of the selection. */
  async facts() {
    const list = this.page.locator(".side__facts");
    const [names, values] = await Promise.all([list.locator("dt").allInnerTexts(), list.locator("dd").allInnerTexts()]);
    return Object.fromEntries(names.map((name, index) => [name, values[index]]));
  }

  async names() {
    return this.services.evaluateAll((links) => links.map((link) => link.dataset.service));
  }

  async openService(name) {
    await this.page.locator(`[data-test="node-link"][data-service="${name}"]`).first().click();
    await idle(this.page);
  }

  async viewTraces() {
    await this.page.getByTestId("view-traces").click();
    await idle(this.page);
  }

  async openEdge(caller, callee) {
    await this.edge(caller, callee).first().click();
    await idle(this.page);
  }
}
