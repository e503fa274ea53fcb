// The shop page: an order form; each order shows its own trace when it has arrived.

import { idle } from "../browser.mjs";

export class Shop {
  constructor(page) {
    this.page = page;
    this.form = page.getByTestId("shop-form");
    this.results = page.getByTestId("shop-result");
  }

  async order() {
    await this.page.getByTestId("shop-submit").click();
    await idle(this.page);
  }

  async simulateError() {
    await this.page.getByTestId("shop-simulate").click();
    await idle(this.page);
  }

  async lastTrace() {
    return this.results.first().getAttribute("data-trace-id");
  }
}
