import type { Client } from '../support/client.js';
import { type DemoProcess, PLATFORMS } from './support/demo-process.js';
import { DemoSite, signIn } from './support/demo-site.js';
import { expectError } from './support/expect-error.js';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const SESSION_ID = expect.stringMatching(/^[\w-]{25}$/) as string;
const INSTANT = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string;
const ALICE = { id: 'alice', username: 'alice', role: 'user' };

describe.each(PLATFORMS)('the API on %s', (platform) => {
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

  it('lists itself', async () => {
    const { status, body } = await demo.client().get('/');
    expect(status).toBe(200);
    expect(body).toHaveProperty(['api', 'POST /api/login']);
  });

  describe('signing in and out', () => {
    it('answers a login with the user, the public facts of the session and a cookie', async () => {
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
      ['nothing at all', undefined],
    ])('answers 401 to %s, and sets no cookie', async (_what, body) => {
      const answer = await demo.client().post('/api/login', body);
      expectError(answer, 401);
      expect(answer.setCookies).toEqual([]);
    });

    it('answers 400 to credentials that are no texts', async () => {
      expectError(await demo.client().post('/api/login', { username: 1, password: 2 }), 400);
    });

    it('takes as long for an unknown user as for a wrong password', async () => {
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
      const ratio = median(unknown) / median(known);
      expect(ratio).toBeGreaterThan(0.5);
      expect(ratio).toBeLessThan(2);
    });

    it.each([
      ['the wrong current password', { currentPassword: 'wrong', password: 'a new password' }, 403],
      ['no current password', { password: 'a new password' }, 400],
      ['an empty new password', { currentPassword: 'password', password: '' }, 400],
      ['a new password of seven characters', { currentPassword: 'password', password: 'seven77' }, 400],
    ])('does not change a password with %s', async (_what, body, status) => {
      const client = await signIn(demo.client(), 'user19');
      const other = await signIn(demo.client(), 'user19');
      expectError(await client.put('/api/password', body), status);
      expect((await other.get('/api/me')).status).toBe(200);
      await signIn(demo.client(), 'user19');
    });

    it('makes the users that DEMO_USERS asks for', async () => {
      await signIn(demo.client(), 'user20');
      const answer = await demo.client().post('/api/login', { username: 'user21', password: 'password' });
      expectError(answer, 401);
    });

    it('answers a logout with 204, takes the cookie away, and the old cookie is told why', async () => {
      const client = await signIn(demo.client());
      const kept = client.copy();
      const answer = await client.post('/api/logout');
      expect(answer.status).toBe(204);
      expect(answer.sessionCookie).toMatch(/^sid=; Max-Age=0;/);
      expectError(await client.get('/api/me'), 401, { reason: 'anonymous' });
      expectError(await kept.get('/api/me'), 401, { reason: 'signed-out', at: INSTANT });
    });

    it('answers a logout of nobody with 204, with an empty JSON body too', async () => {
      expect((await demo.client().post('/api/logout')).status).toBe(204);
      const headers = { 'Content-Type': 'application/json' };
      expect((await demo.client().post('/api/logout', undefined, { headers })).status).toBe(204);
    });
  });

  describe('who may come in', () => {
    it.each([
      ['GET', '/api/me'],
      ['GET', '/api/sessions'],
      ['DELETE', '/api/sessions/some'],
      ['POST', '/api/sessions/revoke-others'],
      ['GET', '/api/admin/users/alice/sessions'],
      ['DELETE', '/api/admin/users/alice/sessions'],
    ])('answers 401 with the reason to an anonymous %s %s', async (method, path) => {
      expectError(await demo.client().send(method, path), 401, { reason: 'anonymous' });
    });

    it('answers 401 with the reason to a made-up cookie, and takes it away', async () => {
      const client = demo.client(`sid=${'A'.repeat(46)}`);
      const answer = await client.get('/api/me');
      expectError(answer, 401, { reason: 'expired' });
      expect(answer.sessionCookie).toMatch(/^sid=;/);
    });

    it.each(['GET', 'DELETE'])('answers 403 to a %s of an admin route by somebody else', async (method) => {
      const client = await signIn(demo.client(), 'bob');
      expectError(await client.send(method, '/api/admin/users/bob/sessions'), 403);
    });

    it('answers 404 to an unknown route', async () => {
      expectError(await demo.client().get('/api/nothing'), 404);
    });
  });

  describe('sessions', () => {
    it('shows the facts of the current session, also when there is none and when it is anonymous', async () => {
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

    it("lists one's own sessions and marks the current one", async () => {
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

    it("ends one of one's own sessions, which is told that it was revoked", async () => {
      const first = await signIn(demo.client(), 'user2');
      const second = await signIn(demo.client(), 'user2');
      const path = `/api/sessions/${await sessionIdOf(second)}`;
      expect((await first.delete(path)).status).toBe(204);
      const refused = await second.get('/api/me');
      expectError(refused, 401, { reason: 'revoked', at: INSTANT });
      expect(refused.sessionCookie).toMatch(/^sid=;/);
      expectError(await first.delete(path), 404);
    });

    it("answers 404 to another user's session and lets it live", async () => {
      const victim = await signIn(demo.client(), 'user3');
      const attacker = await signIn(demo.client(), 'user4');
      expectError(await attacker.delete(`/api/sessions/${await sessionIdOf(victim)}`), 404);
      expect((await victim.get('/api/me')).status).toBe(200);
    });

    it.each(['x', 'A'.repeat(25), '%2e%2e', '*'])('answers 404 to the id %s', async (id) => {
      const client = await signIn(demo.client(), 'user5');
      expectError(await client.delete(`/api/sessions/${id}`), 404);
    });

    it('ends all the others', async () => {
      const clients = [];
      for (let count = 0; count < 3; count++) clients.push(await signIn(demo.client(), 'user6'));
      const [current, ...others] = clients as [Client, Client, Client];
      const answer = await current.post('/api/sessions/revoke-others');
      expect({ status: answer.status, body: answer.body }).toEqual({ status: 200, body: { revoked: 2 } });
      expect((await current.get('/api/me')).status).toBe(200);
      for (const other of others) expectError(await other.get('/api/me'), 401, { reason: 'revoked' });
    });

    it('lets an administrator see and end the sessions of a user', async () => {
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

  it('is healthy', async () => {
    const { status, body } = await demo.client().get('/health');
    expect({ status, body }).toEqual({ status: 200, body: { status: 'ok' } });
  });

  it('logs none of this', () => {
    expect(demo.output.split('\n').slice(4).join('\n')).toBe('');
  });
});

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] as number;
}
