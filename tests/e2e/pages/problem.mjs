// The one component that shows a failure: what was attempted, what happened, what to try.

import assert from "node:assert/strict";

export class Problem {
  constructor(page) {
    this.shown = page.getByTestId("problem");
    this.retry = page.getByTestId("problem-retry");
  }

  /** Asserts that exactly one problem is shown, that it has all three parts, and that it says what is expected. */
  async says(...patterns) {
    await this.shown.first().waitFor();
    const parts = ["problem-what", "problem-happened", "problem-try"];
    for (const part of parts) {
      const text = (await this.shown.first().getByTestId(part).textContent()) ?? "";
      assert.ok(text.trim().length > 5, `${part} is empty`);
    }
    const text = await this.shown.first().innerText();
    for (const pattern of patterns) assert.match(text, pattern);
  }
}
