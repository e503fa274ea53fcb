// The settings page: where traces come from, and how the app looks.

import { idle } from "../browser.mjs";

export class Settings {
  constructor(page) {
    this.page = page;
    this.source = page.getByTestId("settings-source");
  }

  async useSource(url) {
    await this.source.fill(url);
    await this.page.getByTestId("settings-save").click();
    await idle(this.page);
  }
}
