import { createRequire } from 'node:module';
import type * as Playwright from 'playwright-core';
import type {
  APIRequestContext,
  Browser,
  BrowserContext,
  BrowserContextOptions,
  Page,
} from 'playwright-core';
import { ensureChromium } from '../../../scripts/chromium-binary.mjs';

// By `require`: Jest takes the relative imports within its ES module for those of our sources.
const { chromium } = createRequire(import.meta.url)('playwright-core') as typeof Playwright;

/** A machine that runs tests has other things to do. */
const PATIENCE_MS = 15_000;

/** Nothing but the pages: no updates, no reports, no first-run guide. */
const QUIET = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-sync',
  '--metrics-recording-only',
  '--no-first-run',
];

/** What a browser says when a request is refused. That is what some tests are about. */
const REFUSED_REQUEST = /^Failed to load resource: the server responded with a status of (?:4\d\d|503)/;

/** One Chromium, and people who have a window of it each, with a cookie jar of their own. */
export class Browsers {
  /** What went wrong in any page: a script that failed, or something that the Content-Security-Policy refused. */
  readonly complaints: string[] = [];

  private constructor(
    private readonly browser: Browser,
    private readonly address: string,
    private readonly userAgent: string,
  ) {}

  static async launch(address: string): Promise<Browsers> {
    const browser = await chromium.launch({ executablePath: ensureChromium(), args: QUIET });
    const blank = await browser.newPage();
    const userAgent = await blank.evaluate(() => navigator.userAgent);
    await blank.close();
    return new Browsers(browser, address, userAgent);
  }

  /** A window of somebody new. */
  async open(route = '/', options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.browser.newContext({ baseURL: this.address, ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    return this.page(context, route);
  }

  /** A window of somebody who has signed in already: the page is loaded once, and not for the sign-in too. */
  async openAs(username: string, userAgent = this.userAgent): Promise<Page> {
    const context = await this.browser.newContext({ baseURL: this.address, userAgent });
    context.setDefaultTimeout(PATIENCE_MS);
    await signIn(context.request, username, userAgent);
    const page = await this.page(context, '/');
    await page.getByText(`Signed in as ${username}`).waitFor();
    return page;
  }

  private async page(context: BrowserContext, route: string): Promise<Page> {
    const page = await context.newPage();
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      const text = message.text();
      if (message.type() === 'error' && !REFUSED_REQUEST.test(text)) this.complaints.push(text);
    });
    await page.goto(`/#${route}`);
    return page;
  }

  /** Closes all windows. */
  async closeWindows(): Promise<void> {
    await Promise.all(this.browser.contexts().map((context) => context.close()));
  }

  close(): Promise<void> {
    return this.browser.close();
  }
}

/** Signs in as the form does, and shows a page. */
export async function signInAtOnce(page: Page, username: string): Promise<void> {
  await signIn(page.request, username, await page.evaluate(() => navigator.userAgent));
  await page.reload();
  await page.getByText(`Signed in as ${username}`).waitFor();
}

async function signIn(request: APIRequestContext, username: string, userAgent: string): Promise<void> {
  const data = { username, password: 'password' };
  const answer = await request.post('/api/login', { data, headers: { 'User-Agent': userAgent } });
  expect(answer.status()).toBe(200);
}

/** Signs in by the form. */
export async function signInByForm(page: Page, username: string): Promise<void> {
  await page.goto('/#/');
  await page.getByLabel('Username').fill(username);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { name: 'You are signed in' }).waitFor();
}

/** What a part of a page says. */
export async function textOf(page: Page, role: 'alert' | 'status' | 'main'): Promise<string> {
  return (await page.getByRole(role).first().innerText()).replaceAll(/\s+/g, ' ');
}
