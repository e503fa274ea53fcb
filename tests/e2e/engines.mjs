// Firefox and WebKit, each through the protocol it offers itself: Firefox speaks WebDriver BiDi, WebKitGTK's MiniBrowser
// classic WebDriver. Both are given as the same few actions, each of which ends when the page is idle.

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "./stage.mjs";
import { closeAtEnd } from "./closing.mjs";

const npm = process.env.SPANDREL_NPM ?? fileURLToPath(new URL("../../target/tools/npm", import.meta.url));
const require = createRequire(join(npm, "package.json"));
const TIME = 60_000;

/** The engines, by name: functions that open a window and give the actions on it. */
export const ENGINES = { Firefox: firefox, WebKit: webkit };

/** Runs in the page. */
const isIdle = () => document.documentElement.dataset.idle === "true";
/** Runs in the page. */
function isStillIdle() {
  const settled = (done) => done(document.documentElement.dataset.idle === "true");
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => settled(done))));
}

/** Actions on a window, from what its protocol can do: `goto`, `run`, `find`, `press`, `type`, `click`, `url`. */
class Window {
  constructor(name, protocol) {
    this.name = name;
    this.protocol = protocol;
  }

  async open(address) {
    await this.protocol.goto(address);
    await this.idle();
  }

  async reload() {
    await this.open(await this.url());
  }

  url() {
    return this.protocol.url();
  }

  /** Runs a function in the page. */
  run(work, ...words) {
    return this.protocol.run(work, ...words);
  }

  /** Waits until the function gives something in the page, and gives that. */
  async until(work, ...words) {
    for (const end = Date.now() + TIME; ; await new Promise((later) => setTimeout(later, 50))) {
      const given = await this.run(work, ...words).catch((error) => error);
      if (given && !(given instanceof Error)) return given;
      if (Date.now() > end) throw new Error(`${this.name}: nothing came of ${work} ${words}: ${given}\n${await this.text("body")}`);
    }
  }

  /** Waits until the page has nothing pending, now and two frames later. */
  async idle() {
    do await this.until(isIdle);
    while (!(await this.run(isStillIdle)));
  }

  async click(css) {
    await this.until((css) => document.querySelector(css) !== null, css);
    await this.protocol.click(css);
    await this.idle();
  }

  /** Clicks into a field and types in place of what it holds. */
  async fill(css, text) {
    await this.click(css);
    await this.run((css) => document.querySelector(css).select(), css);
    await this.protocol.type(text);
    await this.idle();
  }

  /** Presses a key, as `KeyboardEvent.key` names it, wherever the focus is. */
  async press(key) {
    await this.protocol.press(key);
    await this.idle();
  }

  text(css) {
    return this.run((css) => document.querySelector(css)?.innerText ?? "", css);
  }

  /** What an attribute of every visible element that matches says. */
  all(css, attribute) {
    return this.run((css, attribute) =>
      [...document.querySelectorAll(css)].filter((one) => one.checkVisibility?.() ?? one.offsetParent).map((one) => one.getAttribute(attribute)), css, attribute);
  }
}

async function firefox(t) {
  const { launch } = require("puppeteer-core");
  const browser = await launch({
    browser: "firefox", executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr", headless: true, timeout: TIME, protocolTimeout: TIME,
    defaultViewport: { width: 1440, height: 900 },
  });
  closeAtEnd(t, () => browser.close());
  const page = await browser.newPage();
  return new Window("Firefox", {
    goto: (address) => page.goto(address, { timeout: TIME }),
    url: () => page.url(),
    run: (work, ...words) => page.evaluate(work, ...words),
    click: (css) => page.click(css),
    type: (text) => page.keyboard.type(text),
    press: (key) => page.keyboard.press(key),
  });
}

async function webkit(t) {
  const { Builder, By, Capabilities, Key } = require("selenium-webdriver");
  const display = await virtualScreen(t);
  const port = await freePort();
  // Without a GPU or a sandbox of its own, as in a container.
  const env = {
    ...process.env, DISPLAY: display, LIBGL_ALWAYS_SOFTWARE: "1", WEBKIT_DISABLE_COMPOSITING_MODE: "1",
    WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1", GDK_BACKEND: "x11", NO_AT_BRIDGE: "1",
  };
  const driver = spawn(process.env.WEBKIT_DRIVER ?? "/usr/bin/WebKitWebDriver", [`--port=${port}`], { env, stdio: "ignore" });
  let session;
  closeAtEnd(t, async () => {
    await session?.quit().catch(() => {});
    driver.kill();
  });
  await answers(`http://127.0.0.1:${port}/status`);
  session = await new Builder()
    .usingServer(`http://127.0.0.1:${port}`)
    .withCapabilities(new Capabilities({ browserName: "MiniBrowser" }))
    .build();
  await session.manage().setTimeouts({ pageLoad: TIME, script: TIME });
  await session.manage().window().setRect({ width: 1440, height: 900 }).catch(() => {});
  return new Window("WebKit", {
    goto: (address) => session.get(address),
    url: () => session.getCurrentUrl(),
    run: (work, ...words) => session.executeScript(`return (${work})(...arguments)`, ...words),
    click: (css) => session.findElement(By.css(css)).click(),
    type: (text) => session.actions().sendKeys(text).perform(),
    press: (key) => session.actions().sendKeys(Key[key.toUpperCase()] ?? key).perform(),
  });
}

/** A screen for a program that needs one: the one that is there, or Xvfb's. */
async function virtualScreen(t) {
  if (process.env.DISPLAY) return process.env.DISPLAY;
  const screen = spawn(process.env.XVFB ?? "/usr/bin/Xvfb", ["-displayfd", "1", "-screen", "0", "1600x1200x24", "-nolisten", "tcp"], { stdio: ["ignore", "pipe", "ignore"] });
  closeAtEnd(t, () => screen.kill());
  return new Promise((found, failed) => {
    screen.stdout.once("data", (number) => found(`:${number.toString().trim()}`));
    screen.once("exit", (code) => failed(new Error(`Xvfb ended: ${code}`)));
    screen.once("error", failed);
  });
}

/** Waits until an address answers. */
async function answers(address) {
  for (const end = Date.now() + TIME; ; await new Promise((later) => setTimeout(later, 50))) {
    if (await fetch(address).then(() => true, () => false)) return;
    if (Date.now() > end) throw new Error(`${address} does not answer`);
  }
}
