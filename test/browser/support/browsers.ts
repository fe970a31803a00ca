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

// Loaded with `require`, because Jest resolves the relative imports within its ES module as if they were ours.
const { chromium } = createRequire(import.meta.url)('playwright-core') as typeof Playwright;

/** Long enough for a busy machine. */
const TIMEOUT_MS = 15_000;

/** Switches off updates, reports and the first-run guide. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-sync',
  '--metrics-recording-only',
  '--no-first-run',
];

/** The console message of a rejected request, which some tests expect. */
const REJECTED_REQUEST = /^Failed to load resource: the server responded with a status of (?:4\d\d|503)/;

/** One Chromium with several windows, each with its own cookies. */
export class Browsers {
  /** The errors of all pages: failed scripts and violations of the Content-Security-Policy. */
  readonly errors: string[] = [];

  private constructor(
    private readonly browser: Browser,
    private readonly address: string,
    private readonly userAgent: string,
  ) {}

  static async launch(address: string): Promise<Browsers> {
    const browser = await chromium.launch({ executablePath: ensureChromium(), args: ARGUMENTS });
    const blank = await browser.newPage();
    const userAgent = await blank.evaluate(() => navigator.userAgent);
    await blank.close();
    return new Browsers(browser, address, userAgent);
  }

  /** Opens a window without cookies. */
  async open(route = '/', options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.browser.newContext({ baseURL: this.address, ...options });
    context.setDefaultTimeout(TIMEOUT_MS);
    return this.page(context, route);
  }

  /** Opens a window of a signed-in user. The sign-in is one request, without loading the page first. */
  async openAs(username: string, userAgent = this.userAgent): Promise<Page> {
    const context = await this.browser.newContext({ baseURL: this.address, userAgent });
    context.setDefaultTimeout(TIMEOUT_MS);
    await signIn(context.request, username, userAgent);
    const page = await this.page(context, '/');
    await page.getByText(`Signed in as ${username}`, { exact: true }).waitFor();
    return page;
  }

  private async page(context: BrowserContext, route: string): Promise<Page> {
    const page = await context.newPage();
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('console', (message) => {
      const text = message.text();
      if (message.type() === 'error' && !REJECTED_REQUEST.test(text)) this.errors.push(text);
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

/** Signs in with the request of the form, and reloads the page. */
export async function signInAtOnce(page: Page, username: string): Promise<void> {
  await signIn(page.request, username, await page.evaluate(() => navigator.userAgent));
  await page.reload();
  await page.getByText(`Signed in as ${username}`, { exact: true }).waitFor();
}

async function signIn(request: APIRequestContext, username: string, userAgent: string): Promise<void> {
  const data = { username, password: 'password' };
  const answer = await request.post('/api/login', { data, headers: { 'User-Agent': userAgent } });
  expect(answer.status()).toBe(200);
}

/** Signs in with the form. */
export async function signInByForm(page: Page, username: string): Promise<void> {
  await page.goto('/#/');
  await page.getByLabel('Username').fill(username);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { name: 'Your session' }).waitFor();
}

/** Returns the text of a part of a page. */
export async function textOf(page: Page, role: 'alert' | 'status' | 'main'): Promise<string> {
  return (await page.getByRole(role).first().innerText()).replaceAll(/\s+/g, ' ');
}
