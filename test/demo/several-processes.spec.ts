import { PLATFORMS } from './support/demo-process.js';
import { DemoSite, signIn } from './support/demo-site.js';

describe.each(PLATFORMS)('several processes of the demo on %s', (platform) => {
  const env = { HTTP_ADAPTER: platform, SESSION_DEADLINE: '10s' };
  let site: DemoSite;

  beforeAll(async () => {
    site = await DemoSite.open();
  });
  afterAll(() => site.close());

  it('a restarted process restores the signed-in user and the session data', async () => {
    const before = await site.start(env);
    const client = await signIn(before.client());
    await client.put('/api/data/color', { value: 'red' });
    await before.stop();

    const after = await site.start(env);
    const returning = after.client(client.cookie);
    expect((await returning.get('/api/me')).body).toMatchObject({ user: { id: 'alice' } });
    expect((await returning.get('/api/data')).body).toEqual({ color: 'red' });
  });

  it('a revocation on one process ends the session on all processes at the next request', async () => {
    const [one, other] = await Promise.all([site.start(env), site.start(env)]);
    const here = await signIn(one.client(), 'bob');
    const there = other.client(here.cookie);
    const { status, body } = await there.get('/api/me');
    expect({ status, body }).toMatchObject({ status: 200, body: { user: { id: 'bob' } } });

    const admin = await signIn(one.client(), 'admin');
    expect((await admin.delete('/api/admin/users/bob/sessions')).body).toEqual({ revoked: 1 });
    for (const client of [there, here]) {
      const refused = await client.get('/api/me');
      expect(refused.status).toBe(401);
      expect(refused.body).toMatchObject({ reason: 'revoked' });
    }
  });
});
