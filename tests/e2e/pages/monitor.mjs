// The monitor page: rate, errors and durations of one service over time; each point is a link to its traces.

import { idle } from "../browser.mjs";

export class Monitor {
  constructor(page) {
    this.page = page;
    this.note = page.getByTestId("monitor-note");
    this.charts = page.getByTestId("monitor-chart");
    this.points = page.getByTestId("point-link");
  }

  async choose(service) {
    await this.page.getByTestId("monitor-service").selectOption(service);
    await idle(this.page);
  }
}
