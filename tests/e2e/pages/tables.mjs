// The tables of a trace: statistics, spans, events and JSON. Only the rows in view are in the document.

import { idle } from "../browser.mjs";

export class Tables {
  constructor(page) {
    this.page = page;
    this.table = page.getByTestId("table");
    this.rows = this.table.locator(".table__row:visible");
    this.facts = page.getByTestId("table-facts");
  }

  /** The texts of the cells of the rows in view. */
  async cells() {
    return this.rows.evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll(".table__text")].map((cell) => cell.textContent)));
  }

  /** The texts of one column, by its number. */
  async column(number) {
    return (await this.cells()).map((cells) => cells[number]);
  }

  /** The texts of one column in the rows that stand out like that. */
  async marked(how, number) {
    return this.table
      .locator(`.table__row[data-mark="${how}"]:visible`)
      .evaluateAll((rows, number) => rows.map((row) => row.querySelectorAll(".table__text")[number].textContent), number);
  }

  /** The titles of the columns. */
  async titles() {
    return this.table.locator(".table__title").allTextContents();
  }

  /** Sorts by a column. */
  async sort(key) {
    await this.table.locator(`[data-test="table-sort"][data-key="${key}"]`).click();
    await idle(this.page);
  }

  /** The column that rows are sorted by, and how. */
  async sorted() {
    return this.table.locator('[role="columnheader"][aria-sort]:not([aria-sort="none"])').evaluateAll((heads) =>
      heads.map((head) => [head.querySelector(".table__title").textContent, head.getAttribute("aria-sort")]),
    );
  }

  /** Enters a text in one of the fields above the table. */
  async enter(name, text) {
    await this.page.getByTestId(name).fill(text);
    await this.page.getByTestId(name).press("Enter");
    await this.page.getByTestId(name).blur();
    await idle(this.page);
    // What is typed is looked for after a pause.
    await this.page.waitForTimeout(250);
    await idle(this.page);
  }

  async press(...keys) {
    for (const key of keys) await this.page.keyboard.press(key);
    await idle(this.page);
  }

  /** The text of the row that keys act on. */
  async active() {
    const id = await this.table.getAttribute("aria-activedescendant");
    return id ? this.page.locator(`#${id} .table__text`).allTextContents() : null;
  }
}
