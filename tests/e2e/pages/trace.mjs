// The trace page: a header, a minimap, and the waterfall's rows, each with the id of its span.

import { idle } from "../browser.mjs";

export class Trace {
  constructor(page) {
    this.page = page;
    this.header = page.getByTestId("trace-header");
    this.name = page.getByTestId("trace-name");
    // The pool of rows is fixed: those that stand for no span have no id.
    this.rows = page.locator('[data-test="span-row"][data-span-id]:visible');
    this.detail = page.getByTestId("detail");
    this.links = this.detail.getByTestId("detail-links");
    this.zone = page.getByTestId("zone");
    this.waterfall = page.getByTestId("waterfall");
    this.finder = page.getByTestId("find");
    this.canvas = page.getByTestId("waterfall-canvas").first();
  }

  row(spanId) {
    return this.page.locator(`[data-test="span-row"][data-span-id="${spanId}"]`);
  }

  async spans() {
    return this.rows.evaluateAll((rows) => rows.map((row) => row.dataset.spanId));
  }

  /** How many rows there are, seen or not. */
  async rowCount() {
    return Number(await this.waterfall.getAttribute("aria-rowcount"));
  }

  /** Presses one of the buttons above the names: collapse-all, expand-all, collapse-level, expand-level. */
  async fold(how) {
    await this.page.getByTestId(how).click();
    await idle(this.page);
  }

  /** Opens or closes the panel with order, columns and services. */
  async togglePanel() {
    await this.page.getByTestId("arrange").click();
    await idle(this.page);
  }

  /** Spans whose rows stand out like that. */
  async marked(how) {
    return this.page.locator(`[data-test="span-row"][data-mark="${how}"]:visible`).evaluateAll((rows) => rows.map((row) => row.dataset.spanId));
  }

  /** The selected span, if one is. */
  async selected() {
    const [id = null] = await this.page.locator('[data-test="span-row"][aria-selected="true"]:visible').evaluateAll((rows) => rows.map((row) => row.dataset.spanId));
    return id;
  }

  /** Types what is looked for, as a person would. */
  async look(text) {
    await this.finder.fill(text);
    await idle(this.page);
    // The list of completions is not what the journey is about.
    await this.finder.press("Escape");
    if ((await this.finder.inputValue()) === "") await this.finder.fill(text);
    await idle(this.page);
  }

  /** How many match, and which of them one is at, in the page's words. */
  async count() {
    return this.page.getByTestId("find-count").textContent();
  }

  /** Chooses what becomes of the spans that do not match. */
  async show(how) {
    await this.page.getByTestId("find-show").selectOption(how);
    await idle(this.page);
  }

  /** What the colours mean, with how many spans have each. */
  async legend() {
    return this.page.getByTestId("legend-entry").evaluateAll((entries) =>
      entries.map((entry) => [entry.querySelector("button").textContent, entry.querySelector(".legend-count").textContent]),
    );
  }

  /** Chooses what is done with the spans of a colour. */
  async meaning(words, choice) {
    const entry = this.page.getByTestId("legend-entry").filter({ hasText: words }).first();
    await entry.getByRole("button").first().click();
    await entry.getByRole("menuitem", { name: choice, exact: true }).click();
    await idle(this.page);
  }

  /** Chooses what the colours are by. */
  async colour(by) {
    await this.page.getByTestId("colour").selectOption(by);
    await idle(this.page);
  }

  /** What the minimap has drawn. */
  async minimap() {
    return this.page.locator(".minimap-canvas").evaluate((canvas) => canvas.toDataURL());
  }

  /** Does something in the panel of the rows' arrangement. */
  async arrange(change) {
    await this.page.getByTestId("arrange").click();
    await change();
    await this.page.getByTestId("arrange").click();
    await idle(this.page);
  }

  /** What came of reading the trace again, in the page's words. */
  async refreshed() {
    return this.page.getByTestId("refresh-said").textContent();
  }

  /** What the row's bar says to those who cannot see it. */
  async words(spanId) {
    return (await this.row(spanId).getByRole("gridcell").last().getAttribute("aria-label")) ?? "";
  }

  /** The note at an event's tick. */
  get note() {
    return this.page.getByTestId("event-note");
  }

  /** Where on the page a moment of a span's row is, as a share of the time shown. */
  async moment(spanId, share) {
    const [row, bars] = [await this.row(spanId).boundingBox(), await this.canvas.boundingBox()];
    return [bars.x + bars.width * share, row.y + row.height / 2];
  }

  /** What the mark beside the row's name says. */
  async mark(spanId) {
    return (await this.row(spanId).locator(".span-row-mark").getAttribute("title")) ?? "";
  }

  async openDetail(spanId) {
    await this.row(spanId).click();
    await idle(this.page);
  }

  /** Opens a menu of the detail and chooses what is called like that. */
  async choose(menu, words) {
    await this.detail.getByTestId(menu).getByRole("button").first().click();
    await this.detail.getByRole("menu").getByText(words, { exact: true }).click();
    await idle(this.page);
  }

  /** What was copied last, once the page says so. */
  async copied() {
    await this.detail.getByText("Copied").first().waitFor();
    return this.page.evaluate(() => navigator.clipboard.readText());
  }

  attribute(key) {
    return this.detail.getByTestId("attribute").filter({ has: this.page.locator(`dt[title="${key}"]`) });
  }

  /** Keys that are shown. */
  async attributes() {
    return this.detail.locator(".attribute-key").allTextContents();
  }

  /** Ctrl and the wheel over the bars, towards the person: closer. */
  async zoom(steps = 3) {
    const box = await this.canvas.boundingBox();
    await this.page.mouse.move(box.x + box.width * 0.75, box.y + 40);
    await this.page.keyboard.down("Control");
    for (let step = 0; step < steps; step++) await this.page.mouse.wheel(0, -120);
    await this.page.keyboard.up("Control");
    await idle(this.page);
  }

  /** What the journey compares before and after a reload: rows, their places, what is open, and the address. */
  async view() {
    return {
      address: this.page.url(),
      rows: await this.rows.evaluateAll((rows) => rows.map((row) => [row.dataset.spanId, row.getAttribute("aria-label") ?? row.textContent])),
      detail: await this.detail.evaluateAll((open) => open.map((one) => one.dataset.spanId)),
      // What was drawn, to the pixel.
      drawn: await this.canvas.evaluate((canvas) => canvas.toDataURL()),
    };
  }
}
