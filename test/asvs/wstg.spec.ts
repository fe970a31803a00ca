import { setTimeout as wait } from 'node:timers/promises';
import { type DemoProcess, PLATFORMS } from '../demo/support/demo-process.js';
import { DemoSite, signIn } from '../demo/support/demo-site.js';
import { expectError } from '../demo/support/expect-error.js';

interface Outcome {
  readonly holds: boolean;
  readonly says: string;
  readonly steps: readonly { readonly title: string }[];
}

describe.each(PLATFORMS)('attacks on the demo on %s', (platform) => {
  let site: DemoSite;
  let demo: DemoProcess;

  beforeAll(async () => {
    site = await DemoSite.open();
    demo = await site.start({
      HTTP_ADAPTER: platform,
      DEMO_USERS: '20',
      SESSION_MAX: '3',
      SESSION_DEADLINE: '10s',
    });
  });
  afterAll(() => site.close());

  async function attack(name: string): Promise<{ ours: Outcome; plain: Outcome }> {
    const { status, body } = await demo.client().post(`/api/lab/attacks/${name}`);
    expect(status).toBe(200);
    return body as { ours: Outcome; plain: Outcome };
  }

  it('rejects a cookie that was changed at any place, without an error [WSTG-SESS-01]', async () => {
    const { ours } = await attack('tampering');
    expect(ours).toMatchObject({
      holds: true,
      says: expect.stringMatching(/^0 of \d+ variants were accepted, and 0 caused a server error/) as string,
    });
  });

  it('an attacker who plants a cookie gains nothing in eleven steps with forced cookies [WSTG-SESS-03]', async () => {
    const { ours, plain } = await attack('fixation');
    expect(ours.steps.map(({ title }) => parseInt(title))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(ours.holds).toBe(true);
    // The steps do find a module that is vulnerable.
    expect(plain.holds).toBe(false);
  });

  it('accepts the token in the cookie only, and forbids caches to store the response that sets it [WSTG-SESS-04]', async () => {
    const client = await signIn(demo.client(), 'user1');
    const token = client.cookie?.split('=')[1] ?? '';
    const stranger = demo.client();
    expectError(await stranger.get(`/api/me?sid=${token}`), 401);
    expectError(
      await stranger.get('/api/me', { headers: { Authorization: `Bearer ${token}`, 'X-Session-Id': token } }),
      401,
    );
    expectError(await stranger.post('/api/sessions/revoke-others', { sid: token }), 401);
    const { headers } = await demo.client().post('/api/login', { username: 'user1', password: 'password' });
    expect(headers['cache-control']).toBe('no-store');
    expect(headers.vary).toMatch(/Cookie/);
  });

  it.each([
    [{ 'Sec-Fetch-Site': 'cross-site' }],
    [{ 'Sec-Fetch-Site': 'same-site', Origin: 'http://other.example.org' }],
    [{ Origin: 'https://evil.example' }],
    [{ Origin: 'null' }],
  ])('rejects a cross-site request: %j [WSTG-SESS-05]', async (headers) => {
    const client = await signIn(demo.client(), 'user2');
    client.site = null;
    expectError(await client.post('/api/logout', undefined, { headers }), 403);
    expectError(await client.put('/api/data/color', { value: 'red' }, { headers }), 403);
    expect((await client.get('/api/me')).status).toBe(200);
    const own = { Origin: `http://127.0.0.1:${demo.port}`, 'Sec-Fetch-Site': 'same-origin' };
    expect((await client.post('/api/logout', undefined, { headers: own })).status).toBe(204);
  });

  it('a sign-out ends the session on the server, so a copy of the cookie is rejected [WSTG-SESS-06]', async () => {
    expect((await attack('replay')).ours.holds).toBe(true);
    expect((await attack('slow-request')).ours.holds).toBe(true);
  });

  it('the server enforces expiry, whatever attributes the client adds to the cookie [WSTG-SESS-07]', async () => {
    const quick = await site.start({ HTTP_ADAPTER: platform, SESSION_IDLE: '500ms', SESSION_ABSOLUTE: '1h' });
    const client = await signIn(quick.client(), 'bob');
    await wait(1_200);
    const cookie = `${client.cookie}; Max-Age=86400; Expires=Fri, 01 Jan 2100 00:00:00 GMT`;
    expectError(await client.get('/api/me', { cookie }), 401, { reason: 'expired' });
    await quick.stop();
  });

  it('fields that a client writes never sign it in [WSTG-SESS-08]', async () => {
    const client = demo.client();
    for (const key of ['user', 'userId', 'u', 'role', 'isAdmin', 'signedInAt']) {
      expect((await client.put(`/api/data/${key}`, { value: 'admin' })).status).toBe(200);
    }
    expectError(await client.put('/api/data/passport', { value: { user: 'admin' } }), 400);
    expectError(await client.get('/api/me'), 401, { reason: 'anonymous' });
    await signIn(client, 'user3');
    expectError(await client.get('/api/admin/users/alice/sessions'), 403);
  });

  it('treats a JSON Web Token as anonymous [WSTG-SESS-10]', async () => {
    const jwt = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.';
    expectError(await demo.client(`sid=${jwt}`).get('/api/me'), 401);
    expectError(await demo.client().get('/api/me', { headers: { Authorization: `Bearer ${jwt}` } }), 401);
  });
});
