import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startRedisServer, type RedisServer } from '../../scripts/redis-server.mjs';

const SUBJECT = fileURLToPath(new URL('../../bench/hot/subject.mjs', import.meta.url));
const TURNS = 8;
/** Nothing is collected while bytes are counted. */
const FLAGS = ['--expose-gc', '--min-semi-space-size=32', '--max-semi-space-size=32'];

/**
 * Bytes that a request may allocate beyond the forty lines by hand of bench/hot/floor.mjs, which allocate 3.5 to 6.9 kB in the
 * same loop, most of it for Node's request and response. The least that was measured is a few hundred bytes below each bound:
 * compilers run in the background, and the same code allocates more until they are done.
 */
const BOUNDS: [path: string, description: string, bytes: number][] = [
  ['anonymous', 'without a cookie', 300],
  ['unread', 'whose cached session is not looked at', 600],
  ['cached', 'that reads two fields of a cached session', 2_000],
  ['strict', 'that reads two fields of a session from the store', 2_500],
  ['write', 'that writes a field', 10_500],
  ['sign-in', 'that signs a user in', 18_000],
];

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedisServer();
});
afterAll(() => redis.stop());

/** Returns the bytes of heap that one request allocates, the least of several measurements. */
async function bytesOf(library: 'own' | 'floor', path: string): Promise<number> {
  const env = { ...process.env, LIBRARY: library, HOT_PATH: path, REDIS_URL: redis.url, NODE_OPTIONS: '' };
  const child = fork(SUBJECT, { env, execArgv: FLAGS });
  try {
    await once(child, 'message');
    const turns: number[] = [];
    for (let turn = 0; turn < TURNS; turn++) {
      child.send('bytes');
      const [bytes] = (await once(child, 'message')) as [number];
      turns.push(bytes);
    }
    return Math.min(...turns);
  } finally {
    child.disconnect();
    await once(child, 'exit');
  }
}

describe('heap per request', () => {
  it.each(BOUNDS)(
    '%s: a request %s allocates at most so many bytes more than the floor',
    async (path, _what, bound) => {
      const [own, floor] = await Promise.all([bytesOf('own', path), bytesOf('floor', path)]);
      // Node's request and response alone take more.
      expect(Math.min(own, floor)).toBeGreaterThan(2_000);
      expect(own - floor).toBeLessThan(bound);
    },
  );
});
