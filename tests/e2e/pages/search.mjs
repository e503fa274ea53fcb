// The search page: a form, and a row for each trace found.

import { idle } from "../browser.mjs";

export class Search {
  constructor(page) {
    this.page = page;
    this.form = page.getByTestId("search-form");
    this.rows = page.getByTestId("result-row");
    this.empty = page.getByTestId("empty");
  }

  async services() {
    return this.page.getByTestId("field-service").locator("option").allTextContents();
  }

  async search({ service, operation } = {}) {
    if (service) {
      await this.page.getByTestId("field-service").selectOption(service);
      await idle(this.page);
    }
    if (operation) await this.page.getByTestId("field-operation").selectOption(operation);
    await this.page.getByTestId("search-submit").click();
    await idle(this.page);
  }

  row(traceId) {
    return this.page.locator(`[data-test="result-row"][data-trace-id="${traceId}"]`);
  }

  /** The ids of the traces found, in the order shown. */
  async traces() {
    return this.rows.evaluateAll((rows) => rows.map((row) => row.dataset.traceId));
  }

  async open(traceId) {
    await this.row(traceId).getByRole("cell").first().click();
    await idle(this.page);
  }
}
