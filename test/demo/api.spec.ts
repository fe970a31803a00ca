import type { Client } from '../support/client.js';
import { type DemoProcess, PLATFORMS } from './support/demo-process.js';
import { DemoSite, signIn } from './support/demo-site.js';
import { expectError } from './support/expect-error.js';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const SESSION_ID = expect.stringMatching(/^[\w-]{25}$/) as string;
const INSTANT = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string;
const ALICE = { id: 'alice', username: 'alice', role: 'user' };

describe.each(PLATFORMS)('HTTP API of the demo on %s', (platform) => {
  let site: DemoSite;
  let demo: DemoProcess;

  beforeAll(async () => {
    site = await DemoSite.open();
    demo = await site.start({ HTTP_ADAPTER: platform, DEMO_USERS: '20' });
  });
  afterAll(() => site.close());

  async function sessionIdOf(client: Client): Promise<string> {
    return ((await client.get('/api/session')).body as { id: string }).id;
  }

  it('GET / lists the routes of the API', async () => {
    const { status, body } = await demo.client().get('/');
    expect(status).toBe(200);
    expect(body).toHaveProperty(['api', 'POST /api/login']);
  });

  describe('sign-in and sign-out', () => {
    it('a login returns the user and the session without its token, and sets the cookie', async () => {
      const client = demo.client();
      const credentials = { username: 'alice', password: 'password' };
      const answer = await client.post('/api/login', credentials, { headers: { 'User-Agent': FIREFOX } });
      expect({ status: answer.status, body: answer.body }).toEqual({
        status: 200,
        body: {
          user: ALICE,
          session: {
            id: SESSION_ID,
            userId: 'alice',
            device: 'Firefox on Linux',
            address: '127.0.0.1',
            createdAt: INSTANT,
            signedInAt: INSTANT,
            lastActiveAt: INSTANT,
            idleEndAt: INSTANT,
            absoluteEndAt: INSTANT,
          },
        },
      });
      expect(answer.sessionCookie).toMatch(/^sid=[\w-]{46}; Path=\/; HttpOnly; SameSite=Lax$/);
      expect((await client.get('/api/me')).body).toMatchObject({ user: ALICE, session: { userId: 'alice' } });
    });

    it.each([
      ['a wrong password', { username: 'alice', password: 'Password' }],
      ['an unknown user', { username: 'mallory', password: 'password' }],
      ['the name of a property of all objects', { username: '__proto__', password: 'password' }],
      ['no password', { username: 'alice' }],
      ['no body', undefined],
    ])('a login with %s gets 401 and no cookie', async (_what, body) => {
      const answer = await demo.client().post('/api/login', body);
      expectError(answer, 401);
      expect(answer.setCookies).toEqual([]);
    });

    it('a login with credentials that are not strings gets 400', async () => {
      expectError(await demo.client().post('/api/login', { username: 1, password: 2 }), 400);
    });

    it('a login takes as long with an unknown user as with a wrong password', async () => {
      const client = demo.client();
      const timed = async (username: string) => {
        const start = performance.now();
        await client.post('/api/login', { username, password: 'wrong' });
        return performance.now() - start;
      };
      const known: number[] = [];
      const unknown: number[] = [];
      for (let round = 0; round < 40; round++) {
        known.push(await timed('alice'));
        unknown.push(await timed('mallory'));
      }
      // The fastest of each kind: other processes delay requests, but never speed one up.
      const ratio = Math.min(...unknown) / Math.min(...known);
      expect(ratio).toBeGreaterThan(0.5);
      expect(ratio).toBeLessThan(2);
    });

    it.each([
      ['the wrong current password', { currentPassword: 'wrong', password: 'a new password' }, 403],
      ['no current password', { password: 'a new password' }, 400],
      ['an empty new password', { currentPassword: 'password', password: '' }, 400],
      ['a new password of seven characters', { currentPassword: 'password', password: 'seven77' }, 400],
    ])('a password change with %s is rejected and changes nothing', async (_what, body, status) => {
      const client = await signIn(demo.client(), 'user19');
      const other = await signIn(demo.client(), 'user19');
      expectError(await client.put('/api/password', body), status);
      expect((await other.get('/api/me')).status).toBe(200);
      await signIn(demo.client(), 'user19');
    });

    it('the demo creates as many users as DEMO_USERS specifies', async () => {
      await signIn(demo.client(), 'user20');
      const answer = await demo.client().post('/api/login', { username: 'user21', password: 'password' });
      expectError(answer, 401);
    });

    it('a logout gets 204 and clears the cookie, and a copy of the cookie gets the reason', async () => {
      const client = await signIn(demo.client());
      const kept = client.copy();
      const answer = await client.post('/api/logout');
      expect(answer.status).toBe(204);
      expect(answer.sessionCookie).toMatch(/^sid=; Max-Age=0;/);
      expectError(await client.get('/api/me'), 401, { reason: 'anonymous' });
      expectError(await kept.get('/api/me'), 401, { reason: 'signed-out', at: INSTANT });
    });

    it('a logout without a session gets 204, also with an empty JSON body', async () => {
      expect((await demo.client().post('/api/logout')).status).toBe(204);
      const headers = { 'Content-Type': 'application/json' };
      expect((await demo.client().post('/api/logout', undefined, { headers })).status).toBe(204);
    });
  });

  describe('access control', () => {
    it.each([
      ['GET', '/api/me'],
      ['GET', '/api/sessions'],
      ['DELETE', '/api/sessions/some'],
      ['POST', '/api/sessions/revoke-others'],
      ['GET', '/api/admin/users/alice/sessions'],
      ['DELETE', '/api/admin/users/alice/sessions'],
    ])('an anonymous %s %s gets 401 with the reason', async (method, path) => {
      expectError(await demo.client().send(method, path), 401, { reason: 'anonymous' });
    });

    it('an unknown cookie gets 401 with the reason, and is cleared', async () => {
      const client = demo.client(`sid=${'A'.repeat(46)}`);
      const answer = await client.get('/api/me');
      expectError(answer, 401, { reason: 'expired' });
      expect(answer.sessionCookie).toMatch(/^sid=;/);
    });

    it.each(['GET', 'DELETE'])('a %s of an admin route by a regular user gets 403', async (method) => {
      const client = await signIn(demo.client(), 'bob');
      expectError(await client.send(method, '/api/admin/users/bob/sessions'), 403);
    });

    it('an unknown route gets 404', async () => {
      expectError(await demo.client().get('/api/nothing'), 404);
    });
  });

  describe('session routes', () => {
    it('GET /api/session returns the current session, whether signed in, anonymous or absent', async () => {
      const client = demo.client();
      const none = await client.get('/api/session');
      expect({ status: none.status, body: none.body }).toEqual({
        status: 200,
        body: { id: null, userId: null },
      });
      expect(none.setCookies).toEqual([]);
      await client.put('/api/data/color', { value: 'red' });
      expect((await client.get('/api/session')).body).toMatchObject({ id: SESSION_ID, userId: null });
      await signIn(client);
      expect((await client.get('/api/session')).body).toMatchObject({ id: SESSION_ID, userId: 'alice' });
    });

    it('GET /api/sessions lists the user’s sessions and marks the current one', async () => {
      const first = await signIn(demo.client(), 'user1', FIREFOX);
      const second = await signIn(demo.client(), 'user1', 'curl/8.14.1');
      const { body } = await first.get('/api/sessions');
      expect(body).toHaveLength(2);
      expect(body).toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            id: await sessionIdOf(first),
            device: 'Firefox on Linux',
            current: true,
          }),
          expect.objectContaining({ id: await sessionIdOf(second), device: 'curl', current: false }),
        ]),
      );
    });

    it('a user ends one of their own sessions, which then gets 401 with the reason revoked', async () => {
      const first = await signIn(demo.client(), 'user2');
      const second = await signIn(demo.client(), 'user2');
      const path = `/api/sessions/${await sessionIdOf(second)}`;
      expect((await first.delete(path)).status).toBe(204);
      const refused = await second.get('/api/me');
      expectError(refused, 401, { reason: 'revoked', at: INSTANT });
      expect(refused.sessionCookie).toMatch(/^sid=;/);
      expectError(await first.delete(path), 404);
    });

    it('an attempt to end another user’s session gets 404, and the session stays active', async () => {
      const victim = await signIn(demo.client(), 'user3');
      const attacker = await signIn(demo.client(), 'user4');
      expectError(await attacker.delete(`/api/sessions/${await sessionIdOf(victim)}`), 404);
      expect((await victim.get('/api/me')).status).toBe(200);
    });

    it.each(['x', 'A'.repeat(25), '%2e%2e', '*'])(
      'an attempt to end a session with the id %s gets 404',
      async (id) => {
        const client = await signIn(demo.client(), 'user5');
        expectError(await client.delete(`/api/sessions/${id}`), 404);
      },
    );

    it('a user ends all their other sessions and keeps the current one', async () => {
      const clients = [];
      for (let count = 0; count < 3; count++) clients.push(await signIn(demo.client(), 'user6'));
      const [current, ...others] = clients as [Client, Client, Client];
      const answer = await current.post('/api/sessions/revoke-others');
      expect({ status: answer.status, body: answer.body }).toEqual({ status: 200, body: { revoked: 2 } });
      expect((await current.get('/api/me')).status).toBe(200);
      for (const other of others) expectError(await other.get('/api/me'), 401, { reason: 'revoked' });
    });

    it('an administrator lists and ends the sessions of a user', async () => {
      const client = await signIn(demo.client(), 'user7');
      const admin = await signIn(demo.client(), 'admin');
      const path = '/api/admin/users/user7/sessions';
      const id = await sessionIdOf(client);
      expect((await admin.get(path)).body).toEqual([expect.objectContaining({ id, userId: 'user7' })]);
      const answer = await admin.delete(path);
      expect({ status: answer.status, body: answer.body }).toEqual({ status: 200, body: { revoked: 1 } });
      expect((await admin.get(path)).body).toEqual([]);
      expectError(await client.get('/api/me'), 401, { reason: 'revoked' });
      expectError(await admin.get('/api/admin/users/mallory/sessions'), 404);
    });
  });

  it('the search for users leaves out the users of the lab and sorts the others by name', async () => {
    const admin = await signIn(demo.client(), 'admin');
    const { body } = await admin.get('/api/admin/users?search=');
    const names = (body as { username: string }[]).map(({ username }) => username);
    expect(names).toEqual(['admin', 'alice', 'bob', 'solo', 'user1', 'user2', 'user3', 'user4']);
    expect((await admin.get('/api/admin/users?search=lab')).body).toEqual([]);
  });

  it('responses of guarded routes carry Cache-Control: no-store, and the responses of public routes do not', async () => {
    const client = await signIn(demo.client());
    for (const path of ['/api/me', '/api/sessions']) {
      expect((await client.get(path)).headers['cache-control']).toBe('no-store');
    }
    expect((await client.get('/api/demo')).headers).not.toHaveProperty('cache-control');
  });

  it('GET /health gets 200 while Redis is available', async () => {
    const { status, body } = await demo.client().get('/health');
    expect({ status, body }).toEqual({ status: 200, body: { status: 'ok' } });
  });

  it('the demo logs nothing about requests', () => {
    expect(demo.output.split('\n').slice(4).join('\n')).toBe('');
  });
});
