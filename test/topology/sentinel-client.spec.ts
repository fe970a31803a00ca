import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { SessionRecord } from 'nestjs-redis-session';
import { RedisStore, SessionOptionsError } from 'nestjs-redis-session';
import { plainSignIn } from 'nestjs-redis-session/testing';
import { openRedis } from '../support/white-box.js';
import { failureOf } from '../support/failure.js';
import { canRunTopologies, RedisNode } from '../support/redis-node.js';
import type { SentinelTopology } from '../support/redis-sentinel.js';
import { startSentinel } from '../support/redis-sentinel.js';
import { freePort } from '../support/redis-server.js';
import { eventually, until } from '../support/until.js';
import { watchRejections } from './support/rejections.js';
import { settle, touchAll, Traffic } from './support/traffic.js';

const DEADLINE_MS = 250;
/** Delay of a timer on a busy machine, on top of its time. */
const SLACK_MS = 750;
const WITHIN_MS = 60_000;
const USERS = ['alice', 'bob', 'carol'];

let topology: SentinelTopology;
const warnings: string[] = [];
const closers = new Set<() => Promise<void> | void>();

(canRunTopologies ? describe : describe.skip)('a client behind Sentinel', () => {
  watchRejections();
  beforeAll(async () => {
    topology = await startSentinel();
  }, WITHIN_MS);
  afterAll(() => topology?.stop());
  beforeEach(() => {
    warnings.length = 0;
  });
  afterEach(async () => {
    for (const close of closers) await close();
    closers.clear();
    await topology.heal();
  }, WITHIN_MS);

  it(
    'calls fail within the deadline with one kind of error while the master is dead, and the client finds its successor',
    async () => {
      const own = storeOn(await openOwn());
      const handedIn = storeOn(await openHandedIn());
      const records = await signInAll(own);
      const traffics = [touchAll(own, records), touchAll(handedIn, records)] as const;
      await topology.failover('kill');
      await settle(...traffics);
      console.log(traffics[0].describe('Sentinel, the master was killed, our client'));
      console.log(traffics[1].describe('Sentinel, the master was killed, a client that was passed in'));
      for (const traffic of traffics) {
        expect(traffic.failures.length).toBeGreaterThan(0);
        expect(traffic.strangeFailures).toEqual([]);
        expect(traffic.slowestMs).toBeLessThan(DEADLINE_MS + SLACK_MS);
      }
      await assertAllLive(own, records);
    },
    WITHIN_MS,
  );

  it(
    'a client finds the successor of a silent master although a Sentinel is silent, too',
    async () => {
      const store = storeOn(await openOwn());
      const records = await signInAll(store);
      const traffic = touchAll(store, records);
      const [master, sentinel] = [await topology.master(), topology.sentinels[0] as RedisNode];
      await Promise.all([master.signal('SIGSTOP'), sentinel.signal('SIGSTOP')]);
      try {
        await until('failures', 5_000, () => traffic.failures.length > 0);
        await traffic.settle();
      } finally {
        await sentinel.signal('SIGCONT');
        await master.kill();
      }
      await traffic.stop();
      console.log(traffic.describe('Sentinel, the master and a Sentinel fell silent'));
      expect(traffic.strangeFailures).toEqual([]);
      expect(traffic.slowestMs).toBeLessThan(DEADLINE_MS + SLACK_MS);
      await assertAllLive(store, records);
    },
    WITHIN_MS,
  );

  it.each([
    ['a client leaves a replaced master although that server still accepts writes', false],
    ['no write is lost at a planned failover that pauses writes', true],
  ])(
    '%s',
    async (_what, isPaused) => {
      const client = await openOwn();
      const store = storeOn(client);
      const [record] = (await signInAll(store)) as [SessionRecord];
      let acknowledged = 0;
      const traffic = Traffic.of(async () => {
        const outcome = await store.increment(record, 'visits', 1);
        if (outcome.status === 'incremented') acknowledged += 1;
      });
      await until('some writes', 3_000, () => acknowledged > 20);
      const old = await topology.master();
      if (isPaused) await old.ask('CLIENT', 'PAUSE', 10_000, 'WRITE');
      await topology.failover('order');
      await until('a connection to the new master', 3_000, async () => {
        return (await portOf(client)) === (await topology.master()).port;
      });
      await traffic.settle();
      await traffic.stop();
      // A paused server does not even apply the writes of its new master.
      await old.ask('CLIENT', 'UNPAUSE');
      const kept = Number((await eventually(() => store.load(record.id)))?.fields.get('visits'));
      const lost = acknowledged - kept;
      console.log(traffic.describe(`Sentinel, a planned failover${isPaused ? ' while writes wait' : ''}`));
      console.log(
        `Of ${acknowledged} writes that were acknowledged meanwhile, ${Math.max(0, lost)} are lost.`,
      );
      expect(traffic.strangeFailures).toEqual([]);
      if (isPaused) expect(lost).toBeLessThanOrEqual(0); // it may be negative: a write may run after its caller has timed out
    },
    WITHIN_MS,
  );

  it(
    'a client queries the Sentinels again when its master becomes read-only',
    async () => {
      const client = await openOwn({ failoverDetector: false });
      const store = storeOn(client);
      const records = await signInAll(store);
      const old = await topology.master();
      await topology.failover('order');
      const { port } = await topology.master();
      // The Sentinels do this ten seconds later, and then close all connections of the old master.
      await old.ask('REPLICAOF', '127.0.0.1', port);
      expect(await portOf(client)).toBe(old.port);
      expect((await old.info())['role']).toBe('slave');
      const { error } = await failureOf(() => store.touch(records[0] as SessionRecord));
      // The second attempt runs before or after the new master is found.
      expect([undefined, 'SessionUnavailableError']).toContain((error as Error | null)?.name);
      await eventually(() => store.touch(records[0] as SessionRecord));
      expect(await portOf(client)).toBe(port);
    },
    WITHIN_MS,
  );

  it('a client connects although the first Sentinel is silent', async () => {
    const [silent] = topology.sentinels as [RedisNode];
    await silent.signal('SIGSTOP');
    try {
      await storeOn(await openOwn()).ping();
    } finally {
      await silent.signal('SIGCONT');
    }
  });

  it('a client that is closed closes its connections to the Sentinels, too', async () => {
    await until('no subscribers', 3_000, async () => (await subscribersOfSentinels()) === 0);
    const connection = await openRedis(topology.target, DEADLINE_MS, warn);
    await until('subscribers', 3_000, async () => (await subscribersOfSentinels()) === 3);
    await connection.close();
    await until('no subscribers', 3_000, async () => (await subscribersOfSentinels()) === 0);
  });

  it('an unreachable Sentinel or an unknown master name stops the start with a message that says so', async () => {
    const sentinels = [{ host: '127.0.0.1', port: await freePort() }];
    const targets = [
      { ...topology.target, sentinels },
      { ...topology.target, name: 'other' },
    ];
    const failures = targets.map((target) => failureOf(() => openRedis(target, DEADLINE_MS, warn)));
    const [without, unknown] = (await Promise.all(failures)).map(({ error }) => error);
    expect([without, unknown]).toEqual([expect.any(SessionOptionsError), expect.any(SessionOptionsError)]);
    expect(String(without)).toMatch(
      /at sessions as named by its sentinels, but failed to connect to sentinel 127/,
    );
    expect(String(unknown)).toMatch(/at other as named by its sentinels, but .*No such master/);
  }, 20_000);

  it('a client that learns of a failover while it connects starts again', async () => {
    const client = await openOwn();
    const { connector } = client as unknown as { connector: { disconnect(): void } };
    // As the failover detector of ioredis does; the client then counts as closed.
    client.once('connecting', () => connector.disconnect());
    const hasEnded = new Promise((resolve) => void client.once('end', resolve));
    client.disconnect(true);
    await hasEnded;
    await eventually(() => storeOn(client).ping());
  });
});

describe('a client of a permanently read-only server', () => {
  it('a client of a read-only server reconnects at intervals, and writes again when the server accepts writes', async () => {
    const server = await RedisNode.start({});
    const { client, close } = await openRedis({ port: server.port }, DEADLINE_MS, warn);
    try {
      const store = storeOn(client as Redis);
      await server.ask('REPLICAOF', '127.0.0.1', await freePort());
      const before = await connectionsOf(server);
      const traffic = Traffic.of(() => store.signIn(plainSignIn('alice')));
      await wait(2_500);
      const connections = (await connectionsOf(server)) - before;
      expect(traffic.failures.length).toBeGreaterThan(10);
      expect(traffic.strangeFailures).toEqual([]);
      expect(connections).toBeGreaterThanOrEqual(1);
      expect(connections).toBeLessThanOrEqual(4);
      await server.ask('REPLICAOF', 'NO', 'ONE');
      await traffic.settle();
      await traffic.stop();
    } finally {
      await close();
      await server.stop();
    }
  }, 20_000);
});

function warn(message: string): void {
  warnings.push(message);
}

async function openOwn(options: object = {}): Promise<Redis> {
  const { client, close } = await openRedis({ ...topology.target, ...options }, DEADLINE_MS, warn);
  closers.add(close);
  return client as Redis;
}

/** Opens a client of the application with the options that the warning recommends; it is passed in while connecting. */
async function openHandedIn(): Promise<Redis> {
  const safe = { enableOfflineQueue: false, maxRetriesPerRequest: 0 };
  const client = new Redis({ ...topology.target, ...safe });
  client.on('error', () => undefined);
  closers.add(() => client.disconnect());
  await openRedis(client, DEADLINE_MS, warn);
  expect(warnings).toEqual([]);
  expect(client.status).toBe('ready');
  return client;
}

function storeOn(client: Redis): RedisStore {
  return new RedisStore(client, { prefix: 'session:', deadlineMs: DEADLINE_MS, noticeTtlMs: 60_000 });
}

async function signInAll(store: RedisStore): Promise<SessionRecord[]> {
  const outcomes = await Promise.all(USERS.map((user) => store.signIn(plainSignIn(user))));
  await topology.untilReplicated();
  return outcomes.flatMap((outcome) => (outcome.status === 'signed-in' ? [outcome.record] : []));
}

async function assertAllLive(store: RedisStore, records: readonly SessionRecord[]): Promise<void> {
  // Each Sentinel announces the new master when it learns of it, and the client reconnects each time.
  for (const { id, userId } of records) {
    expect(await eventually(() => store.load(id))).toMatchObject({ id, userId });
  }
}

/** Returns the port of the server that a client is connected to. */
async function portOf(client: Redis): Promise<number> {
  const [, port] = (await client.config('GET', 'port')) as [string, string];
  return Number(port);
}

async function connectionsOf(node: RedisNode): Promise<number> {
  return Number((await node.info())['total_connections_received']);
}

async function subscribersOfSentinels(): Promise<number> {
  const lists = await Promise.all(
    topology.sentinels.map((node) => node.ask('CLIENT', 'LIST', 'TYPE', 'pubsub')),
  );
  return lists.join('').match(/^id=/gm)?.length ?? 0;
}
