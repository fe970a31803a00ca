import { setTimeout as delay } from 'node:timers/promises';
import { startRedisServer } from '../support/redis-server.js';
import { type Answer, type Client } from '../support/client.js';
import { type DemoProcess, PLATFORMS } from './support/demo-process.js';
import { DemoSite, signIn } from './support/demo-site.js';

/** Long enough for a busy machine to respond in while Redis is available. */
const DEADLINE_MS = 1_000;
/** A multiple of the deadline, because the process may wait for the processor. */
const RESPONSE_TIMEOUT_MS = 5 * DEADLINE_MS;
const RECOVERY_TIMEOUT_MS = 10_000;
const CREDENTIALS = { username: 'alice', password: 'password' };

/** Requests that need Redis. */
const REDIS_REQUESTS: readonly [string, (client: Client) => Promise<Answer>][] = [
  ['a guarded request', (client) => client.get('/api/me')],
  ['a login', (client) => client.post('/api/login', CREDENTIALS, { cookie: null })],
  ['a logout', (client) => client.copy().post('/api/logout')],
  ['a write of a new session', (client) => client.put('/api/data/a', { value: 1 }, { cookie: null })],
  ['the health check', (client) => client.get('/health')],
];

describe.each(PLATFORMS)('Redis outage in the demo on %s', (platform) => {
  let site: DemoSite;
  let demo: DemoProcess;
  let client: Client;

  beforeAll(async () => {
    site = await DemoSite.open();
    demo = await site.start({ HTTP_ADAPTER: platform, SESSION_DEADLINE: `${DEADLINE_MS}ms` });
    client = await signIn(demo.client());
  });
  afterEach(() => site.server.kill('SIGCONT'));
  afterAll(() => site.close());

  async function expectUnavailable(): Promise<void> {
    for (const [what, send] of REDIS_REQUESTS) {
      const start = performance.now();
      const { status, headers } = await send(client);
      const inTime = performance.now() - start < RESPONSE_TIMEOUT_MS;
      expect({ what, status, inTime }).toEqual({ what, status: 503, inTime: true });
      expect(headers['retry-after']).toBe('1');
    }
    expect((await demo.client().get('/api/data')).body).toEqual({});
    expect((await client.get('/')).status).toBe(200);
  }

  async function untilHealthy(): Promise<void> {
    const deadline = Date.now() + RECOVERY_TIMEOUT_MS;
    while ((await demo.client().get('/health')).status !== 200) {
      if (Date.now() > deadline)
        throw new Error(`Not healthy ${RECOVERY_TIMEOUT_MS} ms after the recovery of Redis`);
      await delay(50);
    }
  }

  it('the demo responds with 503 in time while Redis is frozen, and continues with the same sessions afterwards', async () => {
    await site.server.kill('SIGSTOP');
    await expectUnavailable();
    await site.server.kill('SIGCONT');
    await untilHealthy();
    expect((await client.get('/api/me')).status).toBe(200);
  });

  it('the demo responds with 503 in time while Redis is down, and recovers with Redis', async () => {
    await site.server.kill('SIGKILL');
    await expectUnavailable();
    site.server = await startRedisServer({ port: site.server.port });
    await untilHealthy();
    expect((await client.get('/api/me')).body).toMatchObject({ reason: 'expired' });
    await signIn(client);
    expect((await client.get('/api/me')).status).toBe(200);
  });
});
