import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { Client } from '../support/client.js';
import { type DemoProcess, PLATFORMS } from '../demo/support/demo-process.js';
import { DemoSite, signIn } from '../demo/support/demo-site.js';
import { expectError } from '../demo/support/expect-error.js';

const PASSWORD = 'password';

describe.each(PLATFORMS)('sessions of the demo on %s', (platform) => {
  let site: DemoSite;
  let demo: DemoProcess;

  beforeAll(async () => {
    site = await DemoSite.open();
    demo = await site.start({
      HTTP_ADAPTER: platform,
      DEMO_USERS: '30',
      SESSION_MAX: '5',
      SESSION_DEADLINE: '10s',
    });
  });
  afterAll(() => site.close());

  const tokenOf = (client: Client) => client.cookie?.split('=')[1] ?? '';
  const isIn = async (client: Client) => (await client.get('/api/me')).status === 200;
  const signInMany = (count: number, user: string) =>
    Promise.all(Array.from({ length: count }, () => signIn(demo.client(), user)));

  it('the guides document both timeouts with their reasons, and the demo applies them [ASVS 7.1.1]', async () => {
    const lifetimes = readFileSync('docs/guides/lifetimes.md', 'utf8');
    const reasons = readFileSync('docs/reference/security.md', 'utf8');
    for (const [name, default_, words] of [
      ['idle', '30m', '30 minutes'],
      ['absolute', '12h', '12 hours'],
    ] as const) {
      expect(lifetimes).toMatch(new RegExp(`\\| \`${name}\` +\\| \`'${default_}'\``));
      expect(reasons).toMatch(new RegExp(`\\| \`${name}\` +\\| ${words} .*NIST`));
    }
    const { body } = await (await signIn(demo.client(), 'user13')).get('/api/session');
    const facts = body as Record<'lastActiveAt' | 'idleEndAt' | 'signedInAt' | 'absoluteEndAt', string>;
    expect(Date.parse(facts.idleEndAt) - Date.parse(facts.lastActiveAt)).toBe(30 * 60_000);
    expect(Date.parse(facts.absoluteEndAt) - Date.parse(facts.signedInAt)).toBe(12 * 3_600_000);
  });

  it('rejects a token that was never issued, and a revoked one on every process [ASVS 7.2.1]', async () => {
    expect(await isIn(demo.client(`sid=${'A'.repeat(46)}`))).toBe(false);
    const other = await site.start({ HTTP_ADAPTER: platform, DEMO_USERS: '30' });
    const client = await signIn(demo.client(), 'user2');
    const elsewhere = other.client(client.cookie);
    expect(await isIn(elsewhere)).toBe(true);
    await client.post('/api/sessions/revoke-others');
    await client.post('/api/logout');
    expect(await isIn(elsewhere)).toBe(false);
    await other.stop();
  });

  it('every sign-in issues a new token and invalidates the previous one [ASVS 7.2.2] [ASVS 7.2.4]', async () => {
    const client = demo.client();
    await client.put('/api/data/color', { value: 'red' });
    const seen = [tokenOf(client)];
    for (let times = 0; times < 2; times++) {
      const before = client.copy();
      await signIn(client, 'user5');
      expect(seen).not.toContain(tokenOf(client));
      seen.push(tokenOf(client));
      expectError(await before.get('/api/me'), 401, { reason: 'replaced' });
    }
  });

  it('an idle session expires [ASVS 7.3.1]', async () => {
    const quick = await site.start({ HTTP_ADAPTER: platform, SESSION_IDLE: '1s', SESSION_ABSOLUTE: '1h' });
    const client = await signIn(quick.client(), 'bob');
    await wait(600);
    expect(await isIn(client)).toBe(true);
    await wait(1_500);
    expectError(await client.get('/api/me'), 401, { reason: 'expired' });
    await quick.stop();
  });

  it('a busy session expires at its absolute end [ASVS 7.3.2]', async () => {
    const quick = await site.start({ HTTP_ADAPTER: platform, SESSION_IDLE: '2s', SESSION_ABSOLUTE: '2s' });
    const client = await signIn(quick.client(), 'bob');
    const { absoluteEndAt } = (await client.get('/api/session')).body as { absoluteEndAt: string };
    while (await isIn(client)) {
      expect(Date.now()).toBeLessThan(Date.parse(absoluteEndAt) + 1_000);
      await wait(100);
    }
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(absoluteEndAt) - 50);
    await quick.stop();
  });

  it('an administrator ends all sessions of a user whose account is closed [ASVS 7.4.2]', async () => {
    const clients = await signInMany(5, 'user7');
    const admin = await signIn(demo.client(), 'admin');
    await admin.delete('/api/admin/users/user7/sessions');
    expect(await Promise.all(clients.map(isIn))).toEqual([false, false, false, false, false]);
  });

  it('a password change ends all other sessions and issues a new token for the current one [ASVS 7.4.3]', async () => {
    const clients = await signInMany(3, 'user8');
    const [mine, ...others] = clients as [Client, Client, Client];
    const before = mine.copy();
    const answer = await mine.put('/api/password', { currentPassword: PASSWORD, password: 'another one' });
    expect({ status: answer.status, body: answer.body }).toEqual({ status: 200, body: { revoked: 2 } });
    expect(await Promise.all([mine, before, ...others].map(isIn))).toEqual([true, false, false, false]);
    expectError(await demo.client().post('/api/login', { username: 'user8', password: PASSWORD }), 401);
  });

  it('only administrators can end one session or all sessions of a user [ASVS 7.4.5]', async () => {
    const clients = await signInMany(3, 'user9');
    const admin = await signIn(demo.client(), 'admin');
    const path = '/api/admin/users/user9/sessions';
    const [{ id }] = (await admin.get(path)).body as [{ id: string }];
    expectError(await clients[0]!.delete(`${path}/${id}`), 403);
    expect((await admin.delete(`${path}/${id}`)).status).toBe(204);
    expect((await admin.get(path)).body).toHaveLength(2);
    expect((await admin.delete(path)).body).toEqual({ revoked: 2 });
    expectError(await admin.delete(`${path}/${id}`), 404);
  });

  it('only administrators can end the sessions of all users at once [ASVS 7.4.5]', async () => {
    const clients = [...(await signInMany(2, 'user9')), await signIn(demo.client(), 'bob')];
    const admin = await signIn(demo.client(), 'admin');
    const elsewhere = await signIn(demo.client(), 'admin');
    const revoke = (client: Client, body: object = {}) => client.post('/api/admin/revoke-everyone', body);
    expectError(await revoke(demo.client()), 401);
    expectError(await revoke(clients[0]!), 403);
    await site.makeSignInsOld('admin');
    expectError(await revoke(admin), 403, { reason: 'sign-in-not-recent' });
    await signIn(admin, 'admin');
    const { status, body } = await revoke(admin, { keepMine: true });
    expect(status).toBe(200);
    expect((body as { revoked: number }).revoked).toBeGreaterThanOrEqual(4);
    for (const client of [...clients, elsewhere]) expectError(await client.get('/api/me'), 401);
    expect((await admin.get('/api/me')).status).toBe(200);
    const late = await signIn(demo.client(), 'bob');
    expect((await revoke(admin)).body).toEqual({ revoked: 2 });
    for (const client of [late, admin]) expectError(await client.get('/api/me'), 401);
  });

  it('a password change requires a recent sign-in [ASVS 7.5.1]', async () => {
    const client = await signIn(demo.client(), 'user10');
    await site.makeSignInsOld('user10');
    const body = { currentPassword: PASSWORD, password: 'another one' };
    const change = () => client.put('/api/password', body);
    expectError(await change(), 403, { reason: 'sign-in-not-recent' });
    await signIn(client, 'user10');
    expect((await change()).status).toBe(200);
  });

  it('users see their sessions without tokens, and need a recent sign-in to end one [ASVS 7.5.2]', async () => {
    const [mine, other] = (await signInMany(2, 'user11')) as [Client, Client];
    const list = await mine.get('/api/sessions');
    for (const client of [mine, other]) expect(list.text).not.toContain(tokenOf(client).slice(3));
    const others = (list.body as { id: string; current: boolean }[]).filter(({ current }) => !current);
    await site.makeSignInsOld('user11');
    const path = `/api/sessions/${others[0]?.id}`;
    expectError(await mine.delete(path), 403, { reason: 'sign-in-not-recent' });
    expectError(await mine.post('/api/sessions/revoke-others'), 403, { reason: 'sign-in-not-recent' });
    await signIn(mine, 'user11');
    const stranger = await signIn(demo.client(), 'user12');
    expectError(await stranger.delete(path), 404);
    expect((await mine.delete(path)).status).toBe(204);
    expectError(await other.get('/api/me'), 401, { reason: 'revoked' });
  });

  it('requests that only read create no session [ASVS 7.6.2]', async () => {
    const before = await site.redis.dbsize();
    for (const path of [
      '/',
      '/api',
      '/api/session',
      '/api/data',
      '/api/cookie',
      '/api/demo',
      '/api/lab/attacks',
      '/health',
    ]) {
      const answer = await demo.client().get(path);
      expect({ path, status: answer.status, cookies: answer.setCookies }).toEqual({
        path,
        status: 200,
        cookies: [],
      });
    }
    expect(await site.redis.dbsize()).toBe(before);
  });
});
