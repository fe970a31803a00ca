import { type DemoProcess, PLATFORMS } from './support/demo-process.js';
import { DemoSite, signIn } from './support/demo-site.js';
import { countCommands, watchRoundTrips } from './support/redis-watch.js';

describe.each(PLATFORMS)('Redis commands of the demo on %s', (platform) => {
  let site: DemoSite;
  let demo: DemoProcess;

  beforeAll(async () => {
    site = await DemoSite.open();
    demo = await site.start({ HTTP_ADAPTER: platform });
    // Redis caches the scripts at their first use.
    const client = demo.client();
    for (const value of ['red', 'blue']) await client.put('/api/data/color', { value });
    await signIn(client);
    await client.post('/api/logout');
  });
  afterAll(() => site.close());

  it('a request that reads takes one HGETALL, and writes nothing between touches', async () => {
    const client = await signIn(demo.client());
    const counts = await countCommands(site.redis, async () => {
      for (let count = 0; count < 20; count++) expect((await client.get('/api/me')).status).toBe(200);
    });
    expect(counts).toEqual({ hgetall: 20 });
  });

  it('a sign-in without a session takes one round trip', async () => {
    const client = demo.client();
    expect(await watchRoundTrips(site.redis, () => signIn(client))).toEqual(['evalsha']);
  });

  it('a sign-in with an anonymous session takes two round trips after the read', async () => {
    const client = demo.client();
    await client.put('/api/data/color', { value: 'red' });
    const commands = await watchRoundTrips(site.redis, () => signIn(client));
    expect(commands).toEqual(['hgetall', 'evalsha', 'evalsha']);
  });

  it('another sign-in of the same user takes one round trip after the read', async () => {
    const client = await signIn(demo.client());
    const commands = await watchRoundTrips(site.redis, () => signIn(client));
    expect(commands).toEqual(['hgetall', 'evalsha']);
  });

  it('a write takes one round trip after the read, and none when nothing changes', async () => {
    const client = await signIn(demo.client());
    const write = () => client.put('/api/data/color', { value: 'red' });
    expect(await watchRoundTrips(site.redis, write)).toEqual(['hgetall', 'evalsha']);
    expect(await watchRoundTrips(site.redis, write)).toEqual(['hgetall']);
  });
});
