// Opens pages of a built site in a browser, on a desktop and on a phone, and reports requests to other hosts, errors and
// pages that are wider than the screen.
import { chromium } from 'playwright-core';

const SCREENS = [
  { name: 'desktop', viewport: { width: 1280, height: 900 } },
  { name: 'phone', viewport: { width: 390, height: 844 } },
];

/**
 * Returns the problems that a browser has with pages.
 *
 * @param {string} origin of the running site
 * @param {string[]} paths of pages
 * @param {string} executablePath of the browser
 * @returns {Promise<string[]>}
 */
export async function browserProblems(origin, paths, executablePath) {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const found = [];
    for (const { name, viewport } of SCREENS) {
      const context = await browser.newContext({ viewport });
      const page = await context.newPage();
      let path = '';
      const report = (problem) => found.push(`${path} on a ${name}: ${problem}`);
      page.on('pageerror', ({ message }) => report(message));
      page.on('console', (message) => message.type() === 'error' && report(message.text()));
      page.on(
        'response',
        (response) => response.status() >= 400 && report(`${response.url()}: ${response.status()}`),
      );
      await context.route(
        (url) => url.origin !== origin && url.protocol !== 'data:',
        (route) => {
          report(`requests ${route.request().url()}`);
          return route.abort();
        },
      );
      for (path of paths) {
        await page.goto(origin + path, { waitUntil: 'load' });
        const width = await page.evaluate('document.documentElement.scrollWidth');
        if (width > viewport.width) report(`is ${width} pixels wide`);
      }
      await context.close();
    }
    return found;
  } finally {
    await browser.close();
  }
}
