import { type RedisServer, startRedisServer } from '../support/redis-server.js';
import { until } from '../support/until.js';
import { type DemoProcess, PLATFORMS } from './support/demo-process.js';
import { DemoSite, signIn } from './support/demo-site.js';
import { countCommands, watchRoundTrips } from './support/redis-watch.js';

const READS = 25;

/** The commands between which Redis 6 sends the effects of a script, even of one command. */
const TRANSACTION = commandBytes('MULTI') + commandBytes('EXEC');

/** Returns the size of a command in the protocol of Redis. The arguments are ASCII. */
function commandBytes(...words: string[]): number {
  return [`*${words.length}`, ...words.flatMap((word) => [`$${word.length}`, word]), ''].join('\r\n').length;
}

describe.each(PLATFORMS)('replication traffic of the demo on %s', (platform) => {
  let site: DemoSite;
  let replica: RedisServer;
  let demo: DemoProcess;

  beforeAll(async () => {
    site = await DemoSite.open();
    // The pings of the master are replication traffic too, so they are turned off.
    await site.redis.config('SET', 'repl-ping-replica-period', '3600', 'repl-diskless-sync-delay', '0');
    replica = await startRedisServer({ args: ['--replicaof', '127.0.0.1', String(site.server.port)] });
    await until('the replica is online', 30_000, async () =>
      (await site.redis.info('replication')).includes('state=online'),
    );
    demo = await site.start({ HTTP_ADAPTER: platform });
  });
  afterAll(async () => {
    await replica.stop();
    await site.close();
  });

  /** Returns the number of bytes that an action sends to each replica. */
  async function replicaBytes(action: () => Promise<unknown>): Promise<number> {
    const before = await replicationOffset();
    await action();
    return (await replicationOffset()) - before;
  }

  async function replicationOffset(): Promise<number> {
    const [, offset] = /master_repl_offset:(\d+)/.exec(await site.redis.info('replication')) ?? [];
    return Number(offset);
  }

  async function keyOfSessionWith(field: string): Promise<string> {
    for (const key of await site.redis.keys('*'))
      if ((await site.redis.type(key)) === 'hash' && (await site.redis.hexists(key, `.${field}`))) return key;
    throw new Error(`no session has a field named ${field}`);
  }

  it('a request that reads sends replicas nothing, and takes one command in one round trip', async () => {
    const client = await signIn(demo.client());
    const read = async () => {
      for (let count = 0; count < READS; count++) expect((await client.get('/api/me')).status).toBe(200);
    };
    expect(await replicaBytes(read)).toBe(0);
    expect(await countCommands(site.redis, read)).toEqual({ hgetall: READS });
    expect(await watchRoundTrips(site.redis, read)).toEqual(Array.from({ length: READS }, () => 'hgetall'));
  });

  it('a request without a session sends replicas and Redis nothing', async () => {
    const visit = async () => {
      for (let count = 0; count < READS; count++) await demo.client().get('/api/me');
    };
    expect(await replicaBytes(visit)).toBe(0);
    expect(await countCommands(site.redis, visit)).toEqual({});
  });

  it('a request that writes between touches sends replicas the changed field alone, regardless of the size of the session', async () => {
    const client = await signIn(demo.client());
    const write = (value: string) => () => client.put('/api/data/color', { value });
    await write('green')();
    const key = await keyOfSessionWith('color');
    const command = commandBytes('HSET', key, '.color', '"black"');
    const bytes = await replicaBytes(write('black'));
    expect([command, command + TRANSACTION]).toContain(bytes);
    await client.put('/api/data/letter', { value: 'x'.repeat(10_000) });
    expect(await replicaBytes(write('white'))).toBe(bytes);
    expect(await replicaBytes(write('white'))).toBe(0);
  });
});
