import { setImmediate as turn } from 'node:timers/promises';
import { RedisStore, SessionCache, SessionEvents, SessionUnavailableError } from 'nestjs-redis-session';
import { systemClock } from 'nestjs-redis-session/core';
import { freshId, LONG_TIMEOUTS } from 'nestjs-redis-session/testing';
import { openRedis, stallTimeoutMs } from '../support/white-box.js';
import { failureOf } from '../support/failure.js';
import { FaultProxy } from 'nestjs-redis-session/testing';
import { startRedisServer } from '../support/redis-server.js';
import { eventually } from '../support/until.js';

const DEADLINE_MS = 100;
const SETTINGS = { prefix: 'deadline:', noticeTtlMs: 1_000 };
const URL_OF_REDIS = process.env['TEST_REDIS_URL'] as string;

/** Blocks the event loop for so long, as a long computation does. */
function compute(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

async function openStore(url: string) {
  const connection = await openRedis(url, DEADLINE_MS, () => undefined);
  const settings = { ...SETTINGS, deadlineMs: DEADLINE_MS };
  return new RedisStore(connection.client, settings, () => connection.close());
}

describe('the deadline of a call', () => {
  it('a reply that has arrived is in time, although the process was too busy to read it', async () => {
    const store = await openStore(URL_OF_REDIS);
    await store.ping(); // the server has the script from now on, so that a ping is one round trip
    for (let time = 0; time < 5; time++) {
      const call = store.ping();
      await turn(); // the command is on its way
      compute(3 * DEADLINE_MS);
      await expect(call).resolves.toBeUndefined();
    }
    await store.close();
  });

  it('a call without a reply fails at the deadline', async () => {
    const proxy = await FaultProxy.start(Number(new URL(URL_OF_REDIS).port));
    const store = await openStore(`redis://127.0.0.1:${proxy.port}`);
    proxy.freeze();
    await expect(store.ping()).rejects.toMatchObject({
      detail: expect.stringContaining(`no answer within ${DEADLINE_MS} ms`) as string,
    });
    await proxy.pass();
    proxy.cut();
    await store.close();
    await proxy.stop();
  });
});

describe('the deadline of a read that takes two commands', () => {
  it('a read of a known session that has ended has one deadline for both commands', async () => {
    const deadlineMs = 900;
    const proxy = await FaultProxy.start(Number(new URL(URL_OF_REDIS).port));
    const connection = await openRedis(`redis://127.0.0.1:${proxy.port}`, deadlineMs, () => undefined);
    const store = new RedisStore(connection.client, { ...SETTINGS, deadlineMs });
    const other = await openStore(URL_OF_REDIS);
    const onAbsent = () => undefined;
    const fields = new Map<string, string>();
    const { id } = await other.create({ id: freshId(), timeouts: LONG_TIMEOUTS, persistent: false, fields });
    await store.load(id, { onAbsent }); // the store knows the session, and the server the script
    await other.destroy(id, { reason: 'revoked' });
    proxy.slow(300); // in each direction: one command is in time, two are not
    const { error } = await failureOf(() => store.load(id, { onAbsent }));
    await proxy.pass();
    proxy.cut();
    await connection.close();
    await other.close();
    await proxy.stop();
    expect(error).toBeInstanceOf(SessionUnavailableError);
  });
});

describe('the deadline of a read with the cache', () => {
  it('a read with the cache has one deadline for both connections', async () => {
    const deadlineMs = 1_500;
    const server = await startRedisServer();
    const connection = await openRedis(server.url, deadlineMs, () => undefined);
    const store = new RedisStore(connection.client, { ...SETTINGS, deadlineMs });
    const settings = { maxEntries: 10, maxBytes: 100_000, stalenessMs: 10_000 };
    const cache = await SessionCache.open(store, settings, new SessionEvents(systemClock, () => undefined));
    const cached = cache.wrap(store);
    const intent = {
      id: freshId(),
      timeouts: LONG_TIMEOUTS,
      persistent: false,
      fields: new Map<string, string>(),
    };
    const { id } = await cached.create(intent);
    await server.kill('SIGSTOP');
    const { error, tookMs } = await failureOf(() => cached.load(id));
    expect(error).toBeInstanceOf(SessionUnavailableError);
    expect(cache.statistics()).toMatchObject({ misses: 1, bypasses: 1 }); // it used both connections
    expect(tookMs).toBeLessThan(1.4 * deadlineMs);
    await server.kill('SIGCONT');
    await cache.close();
    await connection.close();
    await server.stop();
  });
});

describe('a connection on which a reply is due', () => {
  it('a connection without a reply is replaced', async () => {
    const proxy = await FaultProxy.start(Number(new URL(URL_OF_REDIS).port));
    const store = await openStore(`redis://127.0.0.1:${proxy.port}`);
    proxy.halfOpen();
    await expect(store.ping()).rejects.toMatchObject({
      detail: expect.stringContaining(`no answer within ${DEADLINE_MS} ms`) as string,
    });
    await eventually(() => store.ping());
    await store.close();
    await proxy.stop();
  });

  it('a connection with a reply is kept, however long the process was too busy to read it', async () => {
    const store = await openStore(URL_OF_REDIS);
    const call = store.ping();
    await turn(); // the command is on its way
    compute(3 * stallTimeoutMs(DEADLINE_MS));
    await expect(call).resolves.toBeUndefined();
    await expect(store.ping()).resolves.toBeUndefined();
    await store.close();
  });
});
