import type { TestApp } from '../../support/app.js';
import { Browser, type Page } from './browser.js';

interface Setup {
  readonly start: () => Promise<TestApp>;
  /** Path at which the sign-in begins. */
  readonly login?: string;
  /** Path to which the provider redirects the browser. */
  readonly callback: string;
  /** Status of a callback that does not belong to this browser. */
  readonly refusal: number;
}

/** Defines the tests of a sign-in at an OpenID provider, from the first page to the last. */
export function signInSuite({ start, login = '/login', callback, refusal }: Setup): void {
  let app: TestApp;
  let browser: Browser;
  beforeAll(async () => void (app = await start()));
  beforeEach(() => void (browser = new Browser(app)));
  afterEach(() => Promise.all(['alice', 'bob'].map((user) => app.sessions.revokeAll(user))));

  /** Signs in at the provider and consents, if the provider requires it. */
  async function signIn(at = browser, name = 'alice'): Promise<Page> {
    let page = await at.open(login);
    while (page.url.origin !== at.origin) page = await at.submit({ login: name, password: 'any' });
    expect(page).toMatchObject({ status: 200, body: { id: name } });
    return page;
  }

  const hopTo = (page: Page, path: string): Page => {
    const hop = [...page.hops, page].find(
      ({ url }) => url.origin === browser.origin && url.pathname === path,
    );
    if (!hop) throw new Error(`Never at ${path}: ${page.hops.map(({ url }) => url.href).join('\n')}`);
    return hop;
  };

  test('the state survives the redirects, and the user is signed in', async () => {
    await signIn();
    expect((await browser.get('/me')).body).toEqual({ id: 'alice' });
    expect(await app.sessions.list('alice')).toHaveLength(1);
  });

  test('the sign-in issues a new token, and the previous one is invalid', async () => {
    await browser.post('/cart');
    const early = browser.copy();
    const before = browser.cookies;
    await signIn();

    expect(browser.cookies).not.toBe(before);
    expect((await early.get('/me')).body).toMatchObject({ statusCode: 401 });
    expect((await early.get('/cart')).body).toEqual({ cart: null });
  });

  test('the sign-in keeps the data of the visitor, and removes those of the exchange', async () => {
    await browser.post('/cart');
    await signIn();
    const fields = (await browser.get('/fields')).body;
    expect(fields).toMatchObject({ cart: ['book'] });
    expect(JSON.stringify(fields)).not.toMatch(/state|nonce|verifier/i);
  });

  test('Set-Cookie is sent once at the beginning and once at the callback', async () => {
    const began = await browser.open(login);
    expect(hopTo(began, login).setCookies).toHaveLength(1);
    await browser.submit({ login: 'alice', password: 'any' });
    const arrived = await browser.submit();
    const signedIn = [...arrived.hops, arrived].filter(({ url }) => url.origin === browser.origin);
    expect(signedIn.flatMap(({ setCookies }) => setCookies)).toHaveLength(1);
    expect((await browser.get('/me')).setCookies).toEqual([]);
  });

  test('a callback in a browser that did not begin the sign-in is rejected, and the client stays anonymous', async () => {
    const victim = new Browser(app);
    await browser.open(login);
    await browser.submit({ login: 'alice', password: 'any' });
    const address = await browser.submitUntil(`${browser.origin}${callback}`);

    expect((await victim.open(address.href)).status).toBe(refusal);
    expect((await victim.get('/me')).status).toBe(401);
    await victim.post('/cart');
    expect((await victim.open(address.href)).status).toBe(refusal);
    expect(await app.sessions.count('alice')).toBe(0);
  });

  test('a second sign-in replaces the first, even of another user', async () => {
    await signIn();
    const second = new Browser(app);
    await signIn(second, 'bob');
    expect((await second.get('/me')).body).toEqual({ id: 'bob' });
    await signIn();
    expect(await app.sessions.count('alice')).toBe(1);
    expect(await app.sessions.count('bob')).toBe(1);
  });
}
