import type { Page } from 'playwright-core';
import { type DemoProcess, PLATFORMS } from '../demo/support/demo-process.js';
import { DemoSite } from '../demo/support/demo-site.js';
import { Browsers, signInByForm, textOf } from './support/browsers.js';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const TIME = String.raw`\d{1,2}:\d\d:\d\d`;

describe.each(PLATFORMS)('the pages on %s', (platform) => {
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
    expect(browsers.complaints).toEqual([]);
  });

  const signedIn = (username: string, userAgent?: string): Promise<Page> =>
    browsers.openAs(username, userAgent);

  it('sign in, and show the id before and after, the cookie without its secret, and two clocks', async () => {
    const page = await browsers.open();
    await page.getByRole('button', { name: 'Put tea in the cart' }).click();
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
    await page.getByText('The session is gone from the server').waitFor();
  });

  it('load for a first visitor without an error in the console', async () => {
    const page = await browsers.open();
    const errors: string[] = [];
    page.on('console', (message) => void (message.type() === 'error' && errors.push(message.text())));
    await page.reload();
    await page.getByText('Not signed in').waitFor();
    expect(errors).toEqual([]);
  });

  it('say what is wrong with a password', async () => {
    const page = await browsers.open();
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('alert').waitFor();
    expect(await textOf(page, 'alert')).toContain('The username or the password is wrong.');
  });

  it('say so when sessions cannot be reached, and go on when they can', async () => {
    const page = await signedIn('user8');
    await page.route('**/api/me', (route) => route.fulfill({ status: 503, json: { message: 'away' } }));
    await page.goto('/#/devices');
    await page.reload();
    await page.getByText('The demo cannot reach its sessions').waitFor();
    expect(await textOf(page, 'main')).not.toContain('Go to sign in');
    await page.unroute('**/api/me');
    await page.getByText('One session').waitFor();
  });

  it('tell an evicted tab by itself, without a reload, who took its place and when', async () => {
    const first = await signedIn('solo');
    await first.evaluate(() => Object.assign(window, { isSamePage: true }));
    const second = await signedIn('solo', FIREFOX);
    await first.getByRole('alert').waitFor();
    expect(await textOf(first, 'alert')).toMatch(
      new RegExp(
        `This session has ended at ${TIME}.* A newer sign-in took its place, from Firefox on Linux \\(127.0.0.1\\)`,
      ),
    );
    expect(await first.evaluate(() => 'isSamePage' in window)).toBe(true);
    expect(await textOf(first, 'main')).toContain('Sign in');
    expect(await textOf(second, 'main')).toContain('You are signed in');
  });

  it('list devices as they come, end one, end all others, and tell those whom it was ended from', async () => {
    const mine = await signedIn('user2', FIREFOX);
    await mine.goto('/#/devices');
    await mine.getByText('One session').waitFor();
    const others = [await signedIn('user2'), await signedIn('user2')] as const;
    await mine.getByText('3 sessions').waitFor();
    await mine.getByRole('button', { name: 'End Chrome on Linux' }).first().click();
    await mine.getByText('2 sessions').waitFor();
    await others[1].getByRole('alert').waitFor();
    expect(await textOf(others[1], 'alert')).toContain('It was ended from Firefox on Linux (127.0.0.1).');
    await mine.getByRole('button', { name: 'End all others' }).click();
    await mine.getByText('One session').waitFor();
    await others[0].getByRole('alert').waitFor();
  });

  it('ask for the password before a session is ended long after the sign-in, and then go on', async () => {
    const mine = await signedIn('user3');
    const other = await signedIn('user3', FIREFOX);
    await site.makeSignInsOld('user3');
    await mine.goto('/#/devices');
    await mine.getByRole('button', { name: 'End Firefox on Linux' }).click();
    await mine.getByRole('heading', { name: 'Is it still you?' }).waitFor();
    await mine.getByRole('button', { name: 'Confirm and go on' }).click();
    await mine.getByText('Ended: Firefox on Linux.').waitFor();
    await other.getByRole('alert').waitFor();
  });

  it('change a password, which gives a new id here and signs out everywhere else', async () => {
    const mine = await signedIn('user4');
    const other = await signedIn('user4');
    await mine.goto('/#/devices');
    await mine.getByLabel('Current password').fill('password');
    await mine.getByLabel('New password').fill('a better one');
    await mine.getByRole('button', { name: 'Change it' }).click();
    await other.getByRole('alert').waitFor();
    await mine.getByText('The password is changed').waitFor();
    await mine.getByText('One session').waitFor();
  });

  it('ASVS 7.4.4 shows the sign-out on every page, and it signs out', async () => {
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

  it('show the limit at work: an eviction, a refusal, and the choice of whom to end', async () => {
    const page = await browsers.open('/limit');
    const signIn = (device: string) => page.getByRole('button', { name: `Sign in: ${device}` }).click();
    const isIn = (device: string) => page.getByRole('button', { name: `Sign out: ${device}` }).waitFor();
    for (const device of ['Laptop', 'Phone', 'Tablet']) {
      await signIn(device);
      await isIn(device);
    }
    await page.getByText(/Out: evicted at/).waitFor();
    await page.getByText(/A newer sign-in took its place, from Chrome on Android/).waitFor();
    await page.getByLabel('Refuse').check();
    await signIn('Office PC');
    await page.getByRole('heading', { name: 'Office PC was refused' }).waitFor();
    await page.getByRole('button', { name: 'End it and sign in' }).last().click();
    await isIn('Office PC');
    await page.getByText(/Out: revoked at/).waitFor();
    await page.getByText('2 of 2 sessions').waitFor();
  });

  it('run every attack: the demo holds against all, and the plain application falls to four', async () => {
    const page = await browsers.open('/lab');
    await page.getByRole('button', { name: 'Run all attacks' }).click();
    await page.getByText('6 of 6 run').waitFor({ timeout: 60_000 });
    expect(await textOf(page, 'status')).toBe('6 of 6 run: this demo held 6, the plain application 2');
    const fixation = page.getByRole('region', { name: 'Session fixation' });
    await fixation.getByText('Requests and answers').first().click();
    expect(await fixation.getByText(/^\d+\. /).count()).toBe(22);
    await fixation.getByText('The victim’s note reads “mine”.').waitFor();
  });

  it('show figures that move to an administrator, who finds a user and ends a session', async () => {
    const admin = await signedIn('admin');
    await admin.goto('/#/live');
    await admin.getByText('Signed-in sessions now').waitFor();
    const user = await signedIn('user5');
    await admin.getByLabel('Name, or its beginning').fill('user5');
    await admin.getByRole('button', { name: 'user5 1 session' }).click();
    await admin.getByRole('button', { name: 'End Chrome on Linux of user5' }).click();
    await admin.getByText('None. This user is signed in nowhere.').waitFor();
    await user.getByRole('alert').waitFor();
    expect(await textOf(user, 'alert')).toContain('It was ended by an administrator.');
    await user.goto('/#/live');
    await user.getByText('Sign in as admin to see this.').waitFor();
  });

  it('end the sessions of everybody once an administrator has confirmed it, with the password if need be', async () => {
    const user = await signedIn('user7');
    const admin = await signedIn('admin');
    await admin.goto('/#/live');
    const ask = admin.getByRole('button', { name: 'End all sessions of everybody …' });
    await ask.click();
    await admin.getByRole('button', { name: 'Leave them' }).click();
    expect((await user.request.get('/api/me')).status()).toBe(200);
    await site.makeSignInsOld('admin');
    await ask.click();
    await admin.getByRole('button', { name: 'Yes, end them all' }).click();
    await admin.getByRole('button', { name: 'Confirm and end them all' }).click();
    await admin.getByText(/^Ended (one session|\d+ sessions)\.$/).waitFor();
    await user.getByRole('alert').waitFor();
    expect(await textOf(user, 'alert')).toContain('It was ended by an administrator.');
    await ask.click();
    await admin.getByLabel('Keep this session of mine.').uncheck();
    await admin.getByRole('button', { name: 'Yes, end them all' }).click();
    await admin.getByText('Sign in as admin to see this.').waitFor();
  });
});
