import type { Page } from 'playwright-core';
import { type DemoProcess, PLATFORMS } from '../demo/support/demo-process.js';
import { DemoSite } from '../demo/support/demo-site.js';
import { Browsers, signInByForm, textOf } from './support/browsers.js';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const TIME = String.raw`\d{1,2}:\d\d:\d\d`;

describe.each(PLATFORMS)('pages of the demo on %s', (platform) => {
  let site: DemoSite;
  let demo: DemoProcess;
  let browsers: Browsers;

  beforeAll(async () => {
    site = await DemoSite.open();
    demo = await site.start({ HTTP_ADAPTER: platform, DEMO_USERS: '20', SESSION_DEADLINE: '10s' });
    browsers = await Browsers.launch(`http://127.0.0.1:${demo.port}`);
  });
  afterEach(() => browsers.closeWindows());
  afterAll(async () => {
    await browsers.close();
    await site.close();
    expect(browsers.errors).toEqual([]);
  });

  const signedIn = (username: string, userAgent?: string): Promise<Page> =>
    browsers.openAs(username, userAgent);

  it('the sign-in page shows the id before and after the sign-in, the cookie without its token, and two timeouts', async () => {
    const page = await browsers.open();
    await page.getByRole('button', { name: 'Add tea to the cart' }).click();
    const before = await page.getByText(/^[\w-]{25}$/).innerText();
    await signInByForm(page, 'user1');
    const ids = await page.getByText(/^[\w-]{25}$/).allInnerTexts();
    expect(ids).toHaveLength(2);
    expect(ids[0]).toBe(before);
    expect(ids[1]).not.toBe(before);
    await page.getByText('sid=(46 characters); Path=/; HttpOnly; SameSite=Lax').waitFor();
    await page.getByText(/^29 min \d+ s$/).waitFor();
    await page.getByText(/^11 h 59 min$/).waitFor();
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.getByText('The session is deleted on the server').waitFor();
  });

  it('the page of a first visitor loads without an error in the console', async () => {
    const page = await browsers.open();
    const errors: string[] = [];
    page.on('console', (message) => void (message.type() === 'error' && errors.push(message.text())));
    await page.reload();
    await page.getByText('Not signed in').waitFor();
    expect(errors).toEqual([]);
  });

  it('the sign-in form shows why a sign-in failed', async () => {
    const page = await browsers.open();
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('alert').waitFor();
    expect(await textOf(page, 'alert')).toContain('Incorrect username or password.');
  });

  it('a page reports an unavailable session store, and continues after its recovery', async () => {
    const page = await signedIn('user8');
    await page.route('**/api/me', (route) =>
      route.fulfill({ status: 503, json: { message: 'unavailable' } }),
    );
    await page.goto('/#/devices');
    await page.reload();
    await page.getByText('The session store is unavailable').waitFor();
    expect(await textOf(page, 'main')).not.toContain('Go to sign in');
    await page.unroute('**/api/me');
    await page.getByText('1 session', { exact: true }).waitFor();
  });

  it('an evicted tab shows without a reload when it was evicted and which device replaced it', async () => {
    const first = await signedIn('solo');
    await first.evaluate(() => Object.assign(window, { isSamePage: true }));
    const second = await signedIn('solo', FIREFOX);
    await first.getByRole('alert').waitFor();
    expect(await textOf(first, 'alert')).toMatch(
      new RegExp(
        `Your session ended at ${TIME}.* A newer sign-in from Firefox on Linux \\(127.0.0.1\\) replaced it.`,
      ),
    );
    expect(await first.evaluate(() => 'isSamePage' in window)).toBe(true);
    expect(await first.getByLabel('Username').inputValue()).toBe('solo');
    expect(await textOf(second, 'main')).toContain('You are signed in as solo');
    await first.getByRole('button', { name: 'Sign in', exact: true }).click();
    await first.getByText('You are signed in as solo').waitFor();
    expect(await first.getByRole('alert').count()).toBe(0);
  });

  it('the devices page lists new devices and signs out one or all others, which show where that came from', async () => {
    const mine = await signedIn('user2', FIREFOX);
    await mine.goto('/#/devices');
    await mine.getByText('1 session', { exact: true }).waitFor();
    const others = [await signedIn('user2'), await signedIn('user2')] as const;
    await mine.getByText('3 sessions').waitFor();
    expect(await mine.locator('.session').first().innerText()).toContain('This device');
    await mine.getByRole('button', { name: 'Sign out Chrome on Linux' }).first().click();
    await mine.getByText('2 sessions').waitFor();
    await others[1].getByRole('alert').waitFor();
    expect(await textOf(others[1], 'alert')).toContain(
      'It was signed out from Firefox on Linux (127.0.0.1).',
    );
    await mine.getByRole('button', { name: 'Sign out everywhere else' }).click();
    await mine.getByText('1 session', { exact: true }).waitFor();
    await others[0].getByRole('alert').waitFor();
  });

  it('the devices page requires the password before an action long after the sign-in, then completes the action', async () => {
    const mine = await signedIn('user3');
    const other = await signedIn('user3', FIREFOX);
    await site.makeSignInsOld('user3');
    await mine.goto('/#/devices');
    await mine.getByRole('button', { name: 'Sign out Firefox on Linux' }).click();
    await mine.getByRole('heading', { name: 'Confirm your password' }).waitFor();
    await mine.getByRole('button', { name: 'Confirm and continue' }).click();
    await mine.getByText('Signed out Firefox on Linux.').waitFor();
    await other.getByRole('alert').waitFor();
  });

  it('a password change signs out all other devices and keeps the current one', async () => {
    const mine = await signedIn('user4');
    const other = await signedIn('user4');
    await mine.goto('/#/devices');
    await mine.getByLabel('Current password').fill('password');
    await mine.getByLabel('New password').fill('a better one');
    await mine.getByRole('button', { name: 'Change password' }).click();
    await other.getByRole('alert').waitFor();
    await mine.getByText('Password changed.').waitFor();
    await mine.getByText('1 session', { exact: true }).waitFor();
  });

  it('every page has one sign-out button, which signs out [ASVS 7.4.4]', async () => {
    const page = await signedIn('user6');
    const signOut = page.getByRole('button', { name: 'Sign out', exact: true });
    for (const route of ['/', '/devices', '/limit', '/lab', '/live']) {
      await page.goto(`/#${route}`);
      await signOut.waitFor();
      expect(await signOut.count()).toBe(1);
    }
    await signOut.click();
    await page.getByText('Not signed in').waitFor();
    expect((await page.request.get('/api/me')).status()).toBe(401);
  });

  it('a failed sign-out shows an error, and the user stays signed in', async () => {
    const page = await signedIn('user9');
    await page.route('**/api/logout', (route) =>
      route.fulfill({ status: 503, json: { message: 'unavailable' } }),
    );
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.getByText('You are still signed in').waitFor();
    expect(await textOf(page, 'main')).toContain('You are signed in as user9');
    await page.unroute('**/api/logout');
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.getByText('Not signed in').waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('a page drops the notice about an ended session when the user moves to another page', async () => {
    const page = await signedIn('user10');
    await page.request.post('/api/logout', { headers: { 'Sec-Fetch-Site': 'same-origin' } });
    await page.getByRole('alert').waitFor();
    await page.getByRole('link', { name: 'Attack lab' }).click();
    await page.getByRole('heading', { name: 'Attack lab' }).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('the limit page shows an eviction, a rejected sign-in and the choice of the session to end', async () => {
    const page = await browsers.open('/limit');
    const signIn = (device: string) => page.getByRole('button', { name: `Sign in: ${device}` }).click();
    const isIn = (device: string) => page.getByRole('button', { name: `Sign out: ${device}` }).waitFor();
    for (const device of ['Laptop', 'Phone', 'Tablet']) {
      await signIn(device);
      await isIn(device);
    }
    await page.getByText(/Evicted at/).waitFor();
    await page.getByText(/A newer sign-in from Chrome on Android/).waitFor();
    await page.getByLabel('Reject the sign-in').check();
    await signIn('Office PC');
    await page.getByRole('heading', { name: 'The sign-in from Office PC was rejected' }).waitFor();
    await page
      .getByRole('button', { name: /^Sign out .* and sign in here$/ })
      .last()
      .click();
    await isIn('Office PC');
    await page.getByText(/Revoked at/).waitFor();
    await page.getByText('2 of 2 sessions').waitFor();
  });

  it('the demo withstands all attacks of the lab, and the plain application fails four', async () => {
    const page = await browsers.open('/lab');
    await page.getByRole('button', { name: 'Run all attacks' }).click();
    await page.getByText('6 of 6', { exact: true }).waitFor({ timeout: 60_000 });
    expect(await textOf(page, 'status')).toBe(
      'This demo 6 of 6 held Plain application 2 of 6 held Attacks run 6 of 6',
    );
    const fixation = page.getByRole('region', { name: 'Session fixation' });
    await fixation.getByText('Requests and responses').first().click();
    expect(await fixation.getByText(/^\d+\. /).count()).toBe(22);
    await fixation.getByText('The victim’s note reads “mine”.').waitFor();
  });

  it('the live view shows metrics to an administrator, who finds a user and ends a session', async () => {
    const admin = await signedIn('admin');
    await admin.goto('/#/live');
    await admin.getByText('Signed-in sessions', { exact: true }).waitFor();
    await admin.getByText('Circuit breaker closed').waitFor();
    expect(await admin.getByText('Cache hit rate').count()).toBe(0);
    const user = await signedIn('user5');
    await admin.getByLabel('Username, or its first letters').fill('user5');
    await admin.getByRole('button', { name: 'user5 1 session' }).click();
    await admin.getByRole('button', { name: 'Sign out Chrome on Linux of user5' }).click();
    await admin.getByText('This user is not signed in.').waitFor();
    await user.getByRole('alert').waitFor();
    expect(await textOf(user, 'alert')).toContain('An administrator signed it out.');
    await user.goto('/#/live');
    await user.getByText('Only administrators can see this page.').waitFor();
  });

  it('an administrator signs out all users after a confirmation, with the password when the sign-in is not recent', async () => {
    const user = await signedIn('user7');
    const admin = await signedIn('admin');
    await admin.goto('/#/live');
    const ask = admin.getByRole('button', { name: 'Sign out all users …' });
    await ask.click();
    await admin.getByRole('button', { name: 'Cancel' }).click();
    expect((await user.request.get('/api/me')).status()).toBe(200);
    await site.makeSignInsOld('admin');
    await ask.click();
    await admin.getByRole('button', { name: 'Yes, sign out all users' }).click();
    await admin.getByRole('button', { name: 'Confirm and sign out all users' }).click();
    await admin.getByText(/^Signed out \d+ sessions?\.$/).waitFor();
    await user.getByRole('alert').waitFor();
    expect(await textOf(user, 'alert')).toContain('An administrator signed it out.');
    await ask.click();
    await admin.getByLabel('Keep my current session.').uncheck();
    await admin.getByRole('button', { name: 'Yes, sign out all users' }).click();
    await admin.getByText('Only administrators can see this page.').waitFor();
  });
});
