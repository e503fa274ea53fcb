// The monitor page: rate, errors and durations of one service over time; each point is a link to its traces.

import { idle } from "../browser.mjs";

export class Monitor {
  constructor(page) {
    this.page = page;
    this.note = page.getByTestId("monitor-note");
    this.charts = page.getByTestId("monitor-chart");
  }

  chart(kind) {
    return this.page.locator(`[data-test="monitor-chart"][data-kind="${kind}"]`);
  }

  point(kind) {
    return this.chart(kind).getByTestId("point-link");
  }

  /** Puts the crosshair on the last point that has a value. */
  async lastPoint(kind) {
    await this.point(kind).focus();
    await this.page.keyboard.press("End");
    await idle(this.page);
  }

  /** Opens the point under the crosshair with the pointer. */
  async clickPoint(kind) {
    const dot = await this.chart(kind).locator(".chart__dot").boundingBox();
    await this.page.mouse.move(dot.x + dot.width / 2, dot.y + dot.height / 2);
    await idle(this.page);
    await this.page.mouse.down();
    await this.page.mouse.up();
    await idle(this.page);
  }

  /** Opens the point under the crosshair with the keyboard. */
  async enterPoint(kind) {
    await this.point(kind).press("Enter");
    await idle(this.page);
  }

  /** Title of a chart, and the values of the whole time range beside it. */
  async title(kind) {
    return (await this.chart(kind).locator(".chart__title").innerText()).trim();
  }

  /** Figures keep their units by no-break spaces; here they are spaces. */
  async summary(kind) {
    return (await this.chart(kind).locator(".chart__summary").innerText()).replaceAll("\u00a0", " ").trim();
  }

  /** Why a chart has no data at its start; an empty text if it has some everywhere. */
  async gap(kind) {
    return (await this.chart(kind).locator(".chart__uncovered").allInnerTexts()).join("");
  }

  /** The table of operations in its order: name to the texts of its cells. */
  async operations() {
    const rows = await this.page.getByTestId("monitor-operation").evaluateAll((rows) =>
      rows.map((row) => [row.dataset.operation, [...row.querySelectorAll("td")].map((cell) => cell.innerText.trim())]));
    return Object.fromEntries(rows);
  }

  async sortByKey(column) {
    await this.page.getByTestId("monitor-operations").getByRole("button", { name: column }).press("Enter");
    await idle(this.page);
  }

  async choose(service) {
    await this.page.getByTestId("monitor-service").selectOption(service);
    await idle(this.page);
  }
}
