import { type DemoProcess, PLATFORMS } from './support/demo-process.js';
import { DemoSite, signIn } from './support/demo-site.js';
import { countCommands, watchRoundTrips } from './support/redis-watch.js';

describe.each(PLATFORMS)('what requests cost in Redis, on %s', (platform) => {
  let site: DemoSite;
  let demo: DemoProcess;

  beforeAll(async () => {
    site = await DemoSite.open();
    demo = await site.start({ HTTP_ADAPTER: platform });
    // Redis keeps the scripts from their first use on.
    const client = demo.client();
    for (const value of ['red', 'blue']) await client.put('/api/data/color', { value });
    await signIn(client);
    await client.post('/api/logout');
  });
  afterAll(() => site.close());

  it('reads with one HGETALL a request, and writes nothing between touches', async () => {
    const client = await signIn(demo.client());
    const counts = await countCommands(site.redis, async () => {
      for (let count = 0; count < 20; count++) expect((await client.get('/api/me')).status).toBe(200);
    });
    expect(counts).toEqual({ hgetall: 20 });
  });

  it('signs in with one round trip where there was no session', async () => {
    const client = demo.client();
    expect(await watchRoundTrips(site.redis, () => signIn(client))).toEqual(['evalsha']);
  });

  it('signs in with two round trips where an anonymous session comes along, beside the one that reads it', async () => {
    const client = demo.client();
    await client.put('/api/data/color', { value: 'red' });
    const commands = await watchRoundTrips(site.redis, () => signIn(client));
    expect(commands).toEqual(['hgetall', 'evalsha', 'evalsha']);
  });

  it('signs the same user in again with one round trip, beside the one that reads the session', async () => {
    const client = await signIn(demo.client());
    const commands = await watchRoundTrips(site.redis, () => signIn(client));
    expect(commands).toEqual(['hgetall', 'evalsha']);
  });

  it('writes with one round trip, and only when something changes', async () => {
    const client = await signIn(demo.client());
    const write = () => client.put('/api/data/color', { value: 'red' });
    expect(await watchRoundTrips(site.redis, write)).toEqual(['hgetall', 'evalsha']);
    expect(await watchRoundTrips(site.redis, write)).toEqual(['hgetall']);
  });
});
