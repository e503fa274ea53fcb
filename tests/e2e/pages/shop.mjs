// The shop page: an order form; each order shows its own trace when it has arrived.

import { idle } from "../browser.mjs";

export class Shop {
  constructor(page) {
    this.page = page;
    this.form = page.getByTestId("shop-form");
    this.last = page.getByTestId("shop-result").first();
    this.services = page.getByTestId("shop-services");
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
    return this.last.getAttribute("data-trace-id");
  }

  /** The card of the last order shows its trace with as many spans, and expects no more. */
  async grown(spans) {
    await this.page.getByTestId("shop-spans").getByText(`${spans} spans`, { exact: true }).waitFor();
    await idle(this.page);
  }

  async openTrace() {
    await this.last.getByTestId("open-trace").click();
    await idle(this.page);
  }
}
