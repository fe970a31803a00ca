import { setTimeout as delay } from 'node:timers/promises';
import { startRedisServer } from '../support/redis-server.js';
import { type Answer, type Client } from '../support/client.js';
import { type DemoProcess, PLATFORMS } from './support/demo-process.js';
import { DemoSite, signIn } from './support/demo-site.js';

const ANSWER_WITHIN_MS = 1_000;
const BACK_WITHIN_MS = 10_000;
const CREDENTIALS = { username: 'alice', password: 'password' };

/** Requests that cannot do without Redis. */
const NEEDY: readonly [string, (client: Client) => Promise<Answer>][] = [
  ['a guarded request', (client) => client.get('/api/me')],
  ['a login', (client) => client.post('/api/login', CREDENTIALS, { cookie: null })],
  ['a logout', (client) => client.copy().post('/api/logout')],
  ['a write of a new session', (client) => client.put('/api/data/a', { value: 1 }, { cookie: null })],
  ['the health check', (client) => client.get('/health')],
];

describe.each(PLATFORMS)('without Redis, on %s', (platform) => {
  let site: DemoSite;
  let demo: DemoProcess;
  let client: Client;

  beforeAll(async () => {
    site = await DemoSite.open();
    demo = await site.start({ HTTP_ADAPTER: platform });
    client = await signIn(demo.client());
  });
  afterEach(() => site.server.kill('SIGCONT'));
  afterAll(() => site.close());

  async function expectUnavailable(): Promise<void> {
    for (const [what, send] of NEEDY) {
      const start = performance.now();
      const { status, headers } = await send(client);
      const inTime = performance.now() - start < ANSWER_WITHIN_MS;
      expect({ what, status, inTime }).toEqual({ what, status: 503, inTime: true });
      expect(headers['retry-after']).toBe('1');
    }
    expect((await demo.client().get('/api/data')).body).toEqual({});
    expect((await client.get('/')).status).toBe(200);
  }

  async function untilHealthy(): Promise<void> {
    const deadline = Date.now() + BACK_WITHIN_MS;
    while ((await demo.client().get('/health')).status !== 200) {
      if (Date.now() > deadline) throw new Error(`Not healthy ${BACK_WITHIN_MS} ms after Redis was back`);
      await delay(50);
    }
  }

  it('answers 503 within a second while Redis is silent, and goes on where it was afterwards', async () => {
    await site.server.kill('SIGSTOP');
    await expectUnavailable();
    await site.server.kill('SIGCONT');
    await untilHealthy();
    expect((await client.get('/api/me')).status).toBe(200);
  });

  it('answers 503 within a second while Redis is dead, and is back when Redis is', async () => {
    await site.server.kill('SIGKILL');
    await expectUnavailable();
    site.server = await startRedisServer({ port: site.server.port });
    await untilHealthy();
    expect((await client.get('/api/me')).body).toMatchObject({ reason: 'expired' });
    await signIn(client);
    expect((await client.get('/api/me')).status).toBe(200);
  });
});
