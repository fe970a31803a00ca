import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { Pipeline } from '../http/fuzz/pipeline.js';
import { type DemoProcess, PLATFORMS } from './support/demo-process.js';
import { DemoSite, signIn } from './support/demo-site.js';
import { countCommands } from './support/redis-watch.js';

const REQUESTS = 10_000;
const CONNECTIONS = 4;
const PER_BATCH = 80;
const PATHS = ['/api/session', '/api/data', '/api/me', '/health'];
const TOKEN_LENGTH = 46;
const ROTATED_TOKEN_LENGTH = 90;

/** Values that do not have the form of a token. */
const MALFORMED = [
  '',
  'a',
  'undefined',
  'A'.repeat(TOKEN_LENGTH - 1),
  'A'.repeat(TOKEN_LENGTH + 1),
  'A'.repeat(ROTATED_TOKEN_LENGTH + 1),
  'A'.repeat(6_000),
  `${'A'.repeat(TOKEN_LENGTH - 1)}=`,
  `${'A'.repeat(TOKEN_LENGTH - 1)}*`,
  `"${'A'.repeat(TOKEN_LENGTH)}"`,
  ` ${'A'.repeat(TOKEN_LENGTH)}`,
  `s%3A${'A'.repeat(TOKEN_LENGTH)}`,
  '%00%0d%0a',
];

describe.each(PLATFORMS)('anonymous requests to the demo on %s', (platform) => {
  let site: DemoSite;
  let demo: DemoProcess;
  let agent: Agent;

  beforeAll(async () => {
    site = await DemoSite.open();
    demo = await site.start({ HTTP_ADAPTER: platform });
    await signIn(demo.client()); // so that Redis is not empty
    agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  });
  afterAll(async () => {
    agent.destroy();
    await site.close();
  });

  function get(path: string, cookie: string | null): Promise<number> {
    return new Promise((resolve, reject) => {
      const headers = cookie === null ? {} : { Cookie: cookie };
      request({ agent, host: '127.0.0.1', port: demo.port, path, headers }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0));
      })
        .on('error', reject)
        .end();
    });
  }

  /** Sends requests over a few connections, pipelined. */
  async function send(
    count: number,
    cookieOf: (index: number) => string | null,
  ): Promise<Map<number, number>> {
    const statuses = new Map<number, number>();
    let next = 0;
    const take = () => (next += PER_BATCH) - PER_BATCH;
    const sender = async () => {
      const pipeline = await Pipeline.open(demo.port);
      for (let first = take(); first < count; first = take()) {
        const indexes = Array.from({ length: Math.min(PER_BATCH, count - first) }, (_, nth) => first + nth);
        for (const [place, path] of PATHS.entries()) {
          const cookies = indexes.filter((index) => index % PATHS.length === place).map(cookieOf);
          const headers = cookies.map((cookie) => (cookie === null ? [] : [`Cookie: ${cookie}`]));
          for (const { status } of await pipeline.ask(path, headers))
            statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }
      }
      await pipeline.close();
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, sender));
    return statuses;
  }

  it(`${REQUESTS} anonymous requests, half of them with unknown cookies, leave the number of keys unchanged`, async () => {
    const before = await site.redis.dbsize();
    const counts = await countCommands(site.redis, async () => {
      const madeUp = () => `sid=${randomBytes(TOKEN_LENGTH).toString('base64url').slice(0, TOKEN_LENGTH)}`;
      const statuses = await send(REQUESTS, (index) => (index % 8 < 4 ? null : madeUp()));
      // On a busy machine, a few lookups miss their deadline.
      const { 200: ok = 0, 401: unauthorized = 0, 503: unavailable = 0 } = Object.fromEntries(statuses);
      expect(ok + unauthorized + unavailable).toBe(REQUESTS);
      expect(unavailable).toBeLessThan(REQUESTS / 100);
    });
    expect(await site.redis.dbsize()).toBe(before);
    // A script looks up an unknown cookie and the reason of a possible end. Each fourth request is a health check, which
    // writes and deletes a key. After that wait, the request checks again whether its cookie has been replaced.
    expect(Object.keys(counts).sort()).toEqual(['del', 'eval', 'evalsha', 'get', 'set', 'time', 'type']);
    expect(counts['get']).toBe(REQUESTS / 2 + REQUESTS / 2 / PATHS.length);
  });

  it('a request without a cookie, or with a malformed one, sends Redis no command', async () => {
    const counts = await countCommands(site.redis, async () => {
      const cookies = [
        null,
        ...MALFORMED.map((value) => `sid=${value}`),
        MALFORMED.map((v) => `sid=${v}`).join('; '),
      ];
      for (const cookie of cookies) {
        expect(await get('/api/data', cookie)).toBe(200);
        expect(await get('/api/me', cookie)).toBe(401);
        expect(await get('/api/session', cookie)).toBe(200);
      }
    });
    expect(counts).toEqual({});
  });
});
