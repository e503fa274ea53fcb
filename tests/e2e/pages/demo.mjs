// The demo page: an order form; each order shows its own trace when it has arrived.

import { idle } from "../browser.mjs";

export class Demo {
  constructor(page) {
    this.page = page;
    this.form = page.getByTestId("demo-form");
    this.last = page.getByTestId("demo-result").first();
    this.services = page.getByTestId("demo-services");
  }

  async order() {
    await this.page.getByTestId("demo-submit").click();
    await idle(this.page);
  }

  async simulateError() {
    await this.page.getByTestId("demo-simulate").click();
    await idle(this.page);
  }

  async lastTrace() {
    return this.last.getAttribute("data-trace-id");
  }

  /** The card of the last order shows its trace with as many spans, and expects no more. */
  async grown(spans) {
    await this.page.getByTestId("demo-spans").getByText(`${spans} spans`, { exact: true }).waitFor();
    await idle(this.page);
  }

  async openTrace() {
    await this.last.getByTestId("open-trace").click();
    await idle(this.page);
  }
}
