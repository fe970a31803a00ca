import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { type DemoProcess } from '../demo/support/demo-process.js';
import { DemoSite, signIn } from '../demo/support/demo-site.js';
import { Browsers, signInAtOnce } from './support/browsers.js';

const FOLDER = 'reports/pages';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PAGES = ['/', '/devices', '/limit', '/lab', '/live'] as const;
const THEMES = ['light', 'dark'] as const;
const LONG_NAME = 'Firefox on a machine of which the name is as long as a label may get';

describe('accessibility of the pages', () => {
  let site: DemoSite;
  let demo: DemoProcess;
  let browsers: Browsers;

  beforeAll(async () => {
    mkdirSync(FOLDER, { recursive: true });
    site = await DemoSite.open();
    demo = await site.start({ DEMO_USERS: '3', SESSION_DEADLINE: '10s' });
    browsers = await Browsers.launch(`http://127.0.0.1:${demo.port}`);
    for (const device of ['curl/8', LONG_NAME]) await signIn(demo.client(), 'admin', device);
  });
  afterAll(async () => {
    await browsers.close();
    await site.close();
    expect(browsers.errors).toEqual([]);
  });

  /** Opens a page and waits until it has loaded its data. */
  async function goTo(page: Page, route: string): Promise<void> {
    await page.goto(`/#${route}`);
    await page.waitForFunction(() => document.querySelector('h1') !== null);
    await page.waitForFunction(() => document.querySelector('[aria-busy=true]') === null);
    if (route === '/lab') await runFixation(page);
  }

  async function runFixation(page: Page): Promise<void> {
    await page.getByRole('button', { name: 'Run: Session fixation' }).click();
    await page.getByText('Held', { exact: true }).waitFor();
    await page.getByText('Requests and responses', { exact: true }).first().click();
  }

  describe.each(THEMES)('in the %s theme', (colorScheme) => {
    let page: Page;
    beforeAll(async () => {
      // The Content-Security-Policy would block the script of axe.
      page = await browsers.open('/', { colorScheme, bypassCSP: true, reducedMotion: 'reduce' });
      await page.getByText('Add tea to the cart').waitFor();
    });

    it('axe reports no serious violation on the pages of a visitor', async () => {
      for (const route of ['/', '/devices', '/live']) {
        await goTo(page, route);
        await page.screenshot({
          path: `${FOLDER}/visitor-${nameOf(route)}-${colorScheme}.png`,
          fullPage: true,
        });
        expect(await findings(page)).toEqual([]);
      }
      await signInAtOnce(page, 'admin');
    });

    it.each(PAGES)('axe reports no serious violation on %s after the sign-in', async (route) => {
      await goTo(page, route);
      await page.screenshot({ path: `${FOLDER}/${nameOf(route)}-${colorScheme}.png`, fullPage: true });
      expect(await findings(page)).toEqual([]);
    });
  });

  it('the pages fit into a width of 320 pixels', async () => {
    const page = await browsers.open('/', { viewport: { width: 320, height: 640 } });
    await signInAtOnce(page, 'admin');
    for (const route of PAGES) {
      await goTo(page, route);
      await page.screenshot({ path: `${FOLDER}/${nameOf(route)}-320.png`, fullPage: true });
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect({ route, width }).toEqual({ route, width: 320 });
    }
  });

  it('the pages are usable with the keyboard alone, with a visible focus', async () => {
    const page = await browsers.open('/');
    await page.getByLabel('Username').waitFor();
    await tabTo(page, 'Skip to content');
    await page.keyboard.press('Enter');
    await tabTo(page, 'bob');
    await page.keyboard.press('Space');
    await tabTo(page, 'Sign in');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Your session' }).waitFor();
    await page.getByText('Signed in as bob', { exact: true }).waitFor();
    await tabTo(page, 'Your devices');
    await page.keyboard.press('Enter');
    await page.getByText('1 session', { exact: true }).waitFor();
    await signIn(demo.client(), 'bob', 'curl/8');
    await page.getByText('2 sessions').waitFor();
    await tabTo(page, 'Sign out everywhere else');
    await page.keyboard.press('Enter');
    await page.getByText('Signed out 1 other session.').waitFor();
  });

  /** Presses Tab until the element with this text has the focus, and expects a visible focus. */
  async function tabTo(page: Page, name: string): Promise<void> {
    for (let presses = 0; presses < 40; presses++) {
      await page.keyboard.press('Tab');
      const { text, outline } = await page.evaluate(() => {
        const { activeElement } = document;
        const text = activeElement?.textContent ?? '';
        return { text, outline: activeElement ? getComputedStyle(activeElement).outlineStyle : 'none' };
      });
      if (!text.startsWith(name)) continue;
      expect(outline).not.toBe('none');
      return;
    }
    throw new Error(`The keyboard does not reach "${name}".`);
  }
});

async function findings(page: Page): Promise<string[]> {
  await page.addScriptTag({ content: AXE });
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
}

function nameOf(route: string): string {
  return route === '/' ? 'sign-in' : route.slice(1);
}
