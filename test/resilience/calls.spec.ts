import { jest } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { SessionRecord } from 'nestjs-redis-session';
import { RedisStore, SessionMisconfiguredError, SessionUnavailableError } from 'nestjs-redis-session';
import { plainSignIn } from 'nestjs-redis-session/testing';
import { openRedis, type RedisConnection } from '../support/white-box.js';
import { FaultProxy } from 'nestjs-redis-session/testing';
import { eventually, until } from '../support/until.js';
import { RedisNode } from '../support/redis-node.js';

const DEADLINE_MS = 400;
/** Delay on a busy machine, on top of the deadline. */
const SLACK_MS = 1_000;

let server: RedisNode;
let proxy: FaultProxy;
let connection: RedisConnection;
let store: RedisStore;
let record: SessionRecord;

beforeAll(async () => {
  server = await RedisNode.start({});
  proxy = await FaultProxy.start(server.port);
});
afterAll(async () => {
  await proxy.stop();
  await server.stop();
});
beforeEach(async () => {
  await proxy.pass();
  connection = await openRedis(`redis://127.0.0.1:${proxy.port}`, DEADLINE_MS, () => undefined);
  store = new RedisStore(connection.client, {
    prefix: 'calls:',
    deadlineMs: DEADLINE_MS,
    noticeTtlMs: 60_000,
  });
  const outcome = await store.signIn(plainSignIn('alice'));
  if (outcome.status !== 'signed-in') throw new Error('the sign-in was rejected');
  ({ record } = outcome);
});
afterEach(() => connection.close());

/** Returns how often Redis has run a command since it started. */
async function callsOf(command: string): Promise<number> {
  const stats = await server.info('INFO', 'commandstats');
  return Number(/calls=(\d+)/.exec(stats[`cmdstat_${command}`] ?? '')?.[1] ?? 0);
}

async function failTimes(times: number): Promise<void> {
  for (let time = 1; time <= times; time += 1) {
    await expect(store.load(record.id)).rejects.toBeInstanceOf(SessionUnavailableError);
  }
}

/** Gives a call five chances: a busy machine may take longer to reconnect than the pause before the second attempt. */
async function untilReconnectedInTime<T>(call: () => Promise<T>): Promise<T> {
  for (let chances = 4; chances > 0; chances -= 1) {
    try {
      return await call();
    } catch {
      await eventually(() => store.ping());
    }
  }
  return call();
}

describe('a connection that breaks for a moment', () => {
  it('a read is repeated after the connection broke', async () => {
    const { loaded, times } = await untilReconnectedInTime(async () => {
      const before = await callsOf('hgetall');
      const cut = proxy.cutAfterRequest((request) => request.includes('hgetall'));
      const loading = store.load(record.id).finally(() => cut);
      return { loaded: await loading, times: (await callsOf('hgetall')) - before };
    });
    expect(loaded).toMatchObject({ id: record.id });
    expect(times).toBe(2);
  });

  it('a write that was never sent succeeds after the connection broke', async () => {
    const outcome = await untilReconnectedInTime(async () => {
      const lost = new Promise((resolve) => connection.client.once('close', resolve));
      proxy.cut();
      await lost;
      return store.increment(record, 'count', 1);
    });
    expect(outcome).toEqual({ status: 'incremented', value: 1 });
  });

  it('a write that may have run fails, and is not repeated', async () => {
    const cut = proxy.cutAfterRequest((request) => request.includes('evalsha'));
    await expect(store.increment(record, 'count', 1)).rejects.toBeInstanceOf(SessionUnavailableError);
    await cut;
    const present = await eventually(() => store.load(record.id));
    expect(present?.fields.get('count')).toBe('1');
  });
});

describe('a call that fails shortly before its deadline', () => {
  it('a call whose caller has timed out is not sent again', async () => {
    const before = await callsOf('hgetall');
    const cut = proxy.cutBeforeRequest((request) => request.includes('hgetall'));
    // Less time is left than the pause before the second attempt.
    const waitingSince = performance.now() - DEADLINE_MS + 20;
    await expect(store.load(record.id, { waitingSince })).rejects.toBeInstanceOf(SessionUnavailableError);
    await cut;
    await eventually(() => store.ping());
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await callsOf('hgetall')).toBe(before);
  });
});

it('a ping adopts the time of the server', async () => {
  const machineTime = Date.now;
  jest.spyOn(Date, 'now').mockImplementation(() => machineTime() + 3_600_000);
  try {
    const settings = { prefix: 'calls:', deadlineMs: DEADLINE_MS, noticeTtlMs: 60_000 };
    const other = new RedisStore(connection.client, settings);
    expect(Math.abs(other.now() - machineTime())).toBeGreaterThan(3_000_000);
    await other.ping();
    expect(Math.abs(other.now() - machineTime())).toBeLessThan(600_000);
  } finally {
    jest.restoreAllMocks();
  }
});

describe('a Redis that is unavailable', () => {
  it('the circuit breaker opens after five failures, and calls fail fast', async () => {
    await proxy.refuse();
    await failTimes(5);
    expect(store.breaker.state).toBe('open');
    const before = await callsOf('hgetall');
    const start = performance.now();
    await Promise.allSettled(Array.from({ length: 200 }, () => store.load(record.id)));
    expect(performance.now() - start).toBeLessThan(SLACK_MS);
    expect(await callsOf('hgetall')).toBe(before);
  });

  it('the circuit breaker admits one call at a time, and all calls once that one is answered', async () => {
    proxy.freeze();
    await failTimes(5);
    await proxy.pass();
    await until('a store that is available again', 5_000, async () => {
      const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => store.load(record.id)));
      return outcomes.every(({ status }) => status === 'fulfilled');
    });
    expect(store.breaker.state).toBe('closed');
  });

  it('calls to a silent Redis fail within the deadline and open the circuit breaker', async () => {
    await server.signal('SIGSTOP');
    const start = performance.now();
    await Promise.allSettled(Array.from({ length: 10 }, () => store.load(record.id)));
    expect(performance.now() - start).toBeLessThan(DEADLINE_MS + SLACK_MS);
    expect(store.breaker.state).toBe('open');
    await server.signal('SIGCONT');
    await eventually(() => store.load(record.id));
  });

  it('a successful ping closes an open circuit breaker', async () => {
    await proxy.refuse();
    await failTimes(5);
    await proxy.pass();
    await until('a connection', 5_000, () => (connection.client as Redis).status === 'ready');
    await store.ping();
    expect(store.breaker.state).toBe('closed');
    expect(await store.load(record.id)).toMatchObject({ id: record.id });
  });
});

describe('a Redis that rejects commands', () => {
  it.each([
    ['NOPERM', ['ACL', 'SETUSER', 'default', 'on', 'nopass', '~*', '&*', '+@all', '-hgetall'], /ACL user/],
    ['OOM', ['CONFIG', 'SET', 'maxmemory', '1'], /maxmemory/],
  ])(
    '%s fails calls with the remedy, and leaves the circuit breaker closed',
    async (code, [command, ...args], remedy) => {
      await server.ask(command as string, ...args);
      try {
        const work = () =>
          code === 'OOM'
            ? store.commit(record, { set: new Map([['a', '1']]), remove: [] })
            : store.load(record.id);
        for (let time = 1; time <= 8; time += 1) {
          const error = await work().catch((failure: unknown) => failure);
          expect(error).toBeInstanceOf(SessionMisconfiguredError);
          expect(error).toBeInstanceOf(SessionUnavailableError);
          expect((error as SessionMisconfiguredError).detail).toMatch(remedy);
        }
        expect(store.breaker.state).toBe('closed');
      } finally {
        await server.ask('ACL', 'SETUSER', 'default', 'on', 'nopass', '~*', '&*', '+@all');
        await server.ask('CONFIG', 'SET', 'maxmemory', '0');
      }
    },
  );

  it('a Redis whose memory is full still records activity and ends sessions', async () => {
    await server.ask('CONFIG', 'SET', 'maxmemory', '1');
    try {
      expect(await store.touch(record)).toBe(true);
      expect(await store.destroy(record.id, { reason: 'signed-out' })).toMatchObject({ id: record.id });
      expect(await store.endOf(record.id)).toMatchObject({ reason: 'signed-out' });
    } finally {
      await server.ask('CONFIG', 'SET', 'maxmemory', '0');
    }
  });

  it('a call after a change of the password fails with NOAUTH as its reason', async () => {
    const guarded = await RedisNode.start({});
    const own = await openRedis({ port: guarded.port }, DEADLINE_MS, () => undefined);
    const settings = { prefix: 'calls:', deadlineMs: DEADLINE_MS, noticeTtlMs: 60_000 };
    const guardedStore = new RedisStore(own.client, settings);
    await guarded.ask('CONFIG', 'SET', 'requirepass', 'new');
    await guarded.ask('CLIENT', 'KILL', 'TYPE', 'normal');
    await until('an error with its reason', 5_000, async () => {
      const error = await guardedStore.load(record.id).catch((failure: unknown) => failure);
      return error instanceof SessionMisconfiguredError && error.detail.includes('NOAUTH');
    });
    await own.close();
    await guarded.stop();
  });
});
