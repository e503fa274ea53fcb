// The demo page: orders, questions, faults and scenarios; each request shows its own trace when it has arrived.

import { idle } from "../browser.mjs";

export class Demo {
  constructor(page) {
    this.page = page;
    this.form = page.getByTestId("demo-form");
    this.last = page.getByTestId("demo-result").first();
    this.services = page.getByTestId("demo-services");
    this.hint = page.getByTestId("demo-fault-hint");
  }

  async press(test) {
    await this.page.getByTestId(test).click();
    await idle(this.page);
  }

  async order() {
    await this.press("demo-submit");
  }

  async simulateError() {
    await this.press("demo-simulate");
  }

  async chooseFault(name) {
    await this.page.getByTestId("demo-fault").selectOption(name);
    await idle(this.page);
  }

  async lastTrace() {
    return this.last.getAttribute("data-trace-id");
  }

  /** The card of the last request shows its trace with as many spans, and expects no more. */
  async grown(spans) {
    await this.page.getByTestId("demo-spans").getByText(`${spans} spans`, { exact: true }).waitFor();
    await idle(this.page);
  }

  async openTrace() {
    await this.last.getByTestId("open-trace").click();
    await idle(this.page);
  }
}
