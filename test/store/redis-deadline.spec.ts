import { setImmediate as turn } from 'node:timers/promises';
import { RedisStore } from 'nestjs-redis-session';
import { openRedis } from '../../libs/session/src/redis/client.js';
import { silenceMsFor } from '../../libs/session/src/redis/silence.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { eventually } from '../support/until.js';

const DEADLINE_MS = 100;
const URL_OF_REDIS = process.env['TEST_REDIS_URL'] as string;

/** Does nothing else for so long, as a process does that computes. */
function compute(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

async function openStore(url: string) {
  const connection = await openRedis(url, DEADLINE_MS, () => undefined);
  const settings = { prefix: 'deadline:', deadlineMs: DEADLINE_MS, noticeTtlMs: 1_000 };
  return new RedisStore(connection.client, settings, () => connection.close());
}

describe('the deadline of a call', () => {
  it('is not over when the reply is there and the process was too busy to read it', async () => {
    const store = await openStore(URL_OF_REDIS);
    for (let time = 0; time < 5; time++) {
      const call = store.ping();
      await turn(); // the command is on its way
      compute(3 * DEADLINE_MS);
      await expect(call).resolves.toBeUndefined();
    }
    await store.close();
  });

  it('is over when there is no reply', async () => {
    const proxy = await FaultProxy.start(Number(new URL(URL_OF_REDIS).port));
    const store = await openStore(`redis://127.0.0.1:${proxy.port}`);
    proxy.swallow();
    await expect(store.ping()).rejects.toThrow(`no answer within ${DEADLINE_MS} ms`);
    await proxy.pass();
    proxy.cut();
    await store.close();
    await proxy.stop();
  });
});

describe('a connection on which a reply is due', () => {
  it('is given up for another when nothing comes', async () => {
    const proxy = await FaultProxy.start(Number(new URL(URL_OF_REDIS).port));
    const store = await openStore(`redis://127.0.0.1:${proxy.port}`);
    proxy.silence();
    await expect(store.ping()).rejects.toThrow(`no answer within ${DEADLINE_MS} ms`);
    await eventually(() => store.ping());
    await store.close();
    await proxy.stop();
  });

  it('is kept when a reply is there, however long the process was too busy to read it', async () => {
    const store = await openStore(URL_OF_REDIS);
    const call = store.ping();
    await turn(); // the command is on its way
    compute(3 * silenceMsFor(DEADLINE_MS));
    await expect(call).resolves.toBeUndefined();
    await expect(store.ping()).resolves.toBeUndefined();
    await store.close();
  });
});
