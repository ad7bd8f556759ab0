// SPDX-License-Identifier: Apache-2.0
// Drives Chromium for the tests: one request a line on standard input, one answer a line on
// standard output, both JSON: {"call": NAME, "args": [...]} -> {"result": ...} or {"error": TEXT}.
// browser.py is the other side.
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let browser, context, page;
let complaints = [];
let posts = 0;

function watch(p) {
  p.on("console", (m) => { if (m.type() === "error") complaints.push(`console: ${m.text()}`); });
  p.on("request", (r) => { posts += r.method() === "POST"; });
  p.on("pageerror", (e) => complaints.push(`page: ${e.message}`));
  return p;
}

const calls = {
  async start({ executable, resolver, args }) {
    browser = await chromium.launch({
      executablePath: executable,
      args: ["--no-sandbox", `--host-resolver-rules=${resolver}`, ...(args ?? [])],
    });
  },
  // A new visitor: cookies gone. Options: width, height, dark, script (false: without JavaScript),
  // zone (of the clock, "Asia/Tokyo").
  async visitor({ width = 1280, height = 900, dark = false, script = true, zone } = {}) {
    await context?.close();
    context = await browser.newContext({
      ignoreHTTPSErrors: true,
      viewport: { width, height },
      colorScheme: dark ? "dark" : "light",
      reducedMotion: "reduce",
      javaScriptEnabled: script,
      locale: "en-GB",
      timezoneId: zone,
      permissions: ["clipboard-read", "clipboard-write"],
    });
    page = watch(await context.newPage());
    page.setDefaultTimeout(15000);
  },
  async view({ width, height, dark }) {
    if (width) await page.setViewportSize({ width, height });
    if (dark !== undefined) await page.emulateMedia({ colorScheme: dark ? "dark" : "light" });
  },
  async go(url) {
    const answer = await page.goto(url);
    return answer?.status() ?? 0;
  },
  // The next request for this address (a glob) gets this in place of an answer; the others pass.
  async answer_once(glob, status, contentType, body) {
    await page.route(glob, (route) => route.fulfill({ status, contentType, body }), { times: 1 });
  },
  url: () => page.url(),
  title: () => page.title(),
  content: () => page.content(),
  text: (selector) => page.locator(selector).first().innerText(),
  texts: (selector) => page.locator(selector).allInnerTexts(),
  count: (selector) => page.locator(selector).count(),
  value: (selector) => page.locator(selector).inputValue(),
  attribute: (selector, name) => page.locator(selector).first().getAttribute(name),
  fill: (selector, text) => page.locator(selector).fill(text),
  select: (selector, value) => page.locator(selector).selectOption(value),
  check: (selector, on) => page.locator(selector).setChecked(on),
  click: (selector) => page.locator(selector).first().click(),
  // Where this is, without waiting for what the clicks lead to.
  async click_twice(selector) {
    const { x, y } = await page.locator(selector).first().boundingBox();
    for (const _ of [1, 2]) {
      await page.mouse.click(x + 5, y + 5);
      await page.waitForTimeout(200);
    }
  },
  press: (key) => page.keyboard.press(key),
  type: (text) => page.keyboard.type(text),
  focused: () => page.evaluate(() => {
    const e = document.activeElement;
    return e ? { tag: e.tagName, id: e.id, name: e.getAttribute("name"), text: e.innerText } : null;
  }),
  wait: (selector, ms) => page.locator(selector).first().waitFor({ timeout: ms ?? 15000 }),
  wait_url: (pattern) => page.waitForURL(pattern),
  clipboard: () => page.evaluate(() => navigator.clipboard.readText()),
  cookies: () => context.cookies(),
  screenshot: (path, full) => page.screenshot({ path, fullPage: full ?? true }),
  // Wider than the window is wide: then a phone has to scroll sideways.
  overflow: () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth),
  async axe() {
    const { session } = { session: await context.newCDPSession(page) };
    const { result } = await session.send("Runtime.evaluate", {
      expression: `${axeSource}; axe.run(document, {resultTypes: ["violations"]}).then((r) =>
        JSON.stringify(r.violations.map((v) => ({ id: v.id, help: v.help,
          nodes: v.nodes.map((n) => n.html.slice(0, 300)) }))))`,
      awaitPromise: true, returnByValue: true,
    });
    await session.detach();
    return JSON.parse(result.value);
  },
  // How many forms were sent since the last call.
  posts() {
    const got = posts;
    posts = 0;
    return got;
  },
  complaints() {
    const got = complaints;
    complaints = [];
    return got;
  },
  async stop() {
    await browser?.close();
    setTimeout(() => process.exit(0), 0);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { call, args } = JSON.parse(line);
  let answer;
  try {
    answer = { result: (await calls[call](...args)) ?? null };
  } catch (e) {
    answer = { error: String(e.message ?? e) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
