// What stands around every page: the navigation.

import { idle } from "../browser.mjs";

/** Every page that can be reached without knowing a trace. */
export const PAGES = ["search", "dependencies", "monitor", "demo", "settings"];

export class Frame {
  constructor(page) {
    this.page = page;
  }

  async go(name) {
    await this.page.getByTestId(`nav-${name}`).click();
    await idle(this.page);
  }
}
