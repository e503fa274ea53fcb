// The findings of a trace: the line under its title, and the list.

export class Findings {
  constructor(page) {
    this.page = page;
    this.headline = page.getByTestId("findings-headline");
    this.toggle = page.getByTestId("findings-toggle");
    this.list = page.getByTestId("findings-list");
    this.items = this.list.getByRole("listitem");
  }

  /** The sentences of the list, in its order. */
  async sentences() {
    return this.items.evaluateAll((items) => items.map((item) => item.innerText));
  }

  /** The button that shows the spans of the finding with this text. */
  show(text) {
    return this.items.filter({ hasText: text }).getByTestId("findings-show");
  }

  /** The finding whose spans are shown. */
  async current() {
    return this.list.locator('[aria-current="true"]').innerText();
  }
}
