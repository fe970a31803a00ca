import type { Client } from '../support/client.js';
import { PLATFORMS } from './support/demo-process.js';
import { DemoSite, signIn } from './support/demo-site.js';
import { sweep } from './support/sweep.js';

/** Every suite of the demo checks for leaks at its end. This one uses every route, and tests the check itself. */
describe.each(PLATFORMS)('leak check of the demo on %s', (platform) => {
  let site: DemoSite;

  beforeAll(async () => {
    site = await DemoSite.open();
    const env = { HTTP_ADAPTER: platform, SESSION_MAX: '2' };
    const [demo, rejecting] = await Promise.all([
      site.start(env),
      site.start({ ...env, SESSION_ON_EXCEED: 'reject' }),
    ]);
    const [one, two, three] = [demo.client(), demo.client(), rejecting.client()];
    await anonymousWrites(one);
    for (const client of [one, two]) await signIn(client);
    await three.post('/api/login', { username: 'alice', password: 'password' });
    await signIn(demo.client());
    await everyRoute(two);
    await everyRoute(one);
    await failingRequests(two);
    await demo.sendText('PUT', '/api/data/a', '{');
    await signIn(demo.client(two.cookie), 'bob');
    await two.post('/api/logout');
  });
  afterAll(() => site.close());

  async function anonymousWrites(client: Client): Promise<void> {
    await client.put('/api/data/color', { value: 'red' });
    await client.delete('/api/data/color');
  }

  async function everyRoute(client: Client): Promise<void> {
    for (const path of ['/', '/api/me', '/api/session', '/api/sessions', '/api/data', '/health']) {
      await client.get(path);
    }
    await client.post('/api/slow', { ms: 1, key: 'a', value: 'b' });
    await client.post('/api/sessions/revoke-others');
    await client.get('/api/admin/users/alice/sessions');
  }

  async function failingRequests(client: Client): Promise<void> {
    const token = client.cookie?.split('=')[1] ?? '';
    await client.put('/api/data/id', { value: 1 });
    await client.delete(`/api/sessions/${token}`);
    await client.get(`/api/admin/users/${token}/sessions`);
  }

  it('the demo leaves no key without a TTL, and no token in Redis, in its output or in a response body', async () => {
    expect(site.seen.tokens.size).toBeGreaterThanOrEqual(5);
    expect(await site.redis.dbsize()).toBeGreaterThan(5);
    await site.sweep();
  });

  it('the leak check finds a key without a TTL', async () => {
    await site.redis.set('session:forever', 'x');
    await expect(site.sweep()).rejects.toThrow();
    await site.redis.del('session:forever');
  });

  it.each([
    ['a key', (secret: string) => site.redis.set(`stray:${secret}`, 'x', 'EX', 60)],
    ['a value', (secret: string) => site.redis.set('stray', `{"token":"${secret}"}`, 'EX', 60)],
  ])('the leak check finds the secret of a token in %s', async (_what, plant) => {
    const [token] = site.seen.tokens;
    await plant((token as string).slice(3));
    await expect(site.sweep()).rejects.toThrow();
    await site.redis.del('stray', `stray:${token?.slice(3)}`);
    await site.sweep();
  });

  it('the leak check finds a token in the output', async () => {
    const [token] = site.seen.tokens;
    const traces = { tokens: site.seen.tokens, texts: [`Cookie: sid=${token}`] };
    await expect(sweep(site.redis, traces)).rejects.toThrow();
  });
});
