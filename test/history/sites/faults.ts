import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { FaultProxy } from 'nestjs-redis-session/testing';
import type { Random } from '../random.js';
import type { FaultKind } from './site.js';

/** Long enough for some calls to fail, and so many times as long as their deadline at most. */
const LEAST_MS = 50;
const MOST_MS = 900;
const CUT_WITHIN_MS = 500;

/** Returns the faults that lose no acknowledged write, on any topology. */
export function mildFaults(masters: () => readonly Redis[], proxies: readonly FaultProxy[]): FaultKind[] {
  const some = (random: Random) => random.pick(proxies);
  return [
    {
      name: 'script-flush',
      weight: 2,
      run: async () => void (await onEach(masters(), (redis) => redis.call('SCRIPT', 'FLUSH'))),
    },
    {
      name: 'client-kill',
      weight: 2,
      run: async () =>
        void (await onEach(masters(), (redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'normal'))),
    },
    {
      name: 'cut-after-request',
      weight: 4,
      run: async (random) => {
        const times = random.between(1, 12);
        for (let cuts = 0; cuts < times; cuts += 1) {
          // Only what changes something: a lost answer to a read is not worth the connection.
          const cut = some(random).cutAfterRequest((request) => /evalsha/i.test(request));
          await Promise.race([cut, sleep(CUT_WITHIN_MS)]);
          await sleep(random.between(0, 40));
        }
        await passAll(proxies);
      },
    },
    {
      name: 'refuse',
      weight: 1,
      run: (random) => during(random, proxies, (proxy) => proxy.refuse()),
    },
    {
      name: 'swallow',
      weight: 1,
      run: (random) => during(random, proxies, (proxy) => proxy.freeze()),
    },
    {
      name: 'delay',
      weight: 1,
      run: (random) => during(random, proxies, (proxy) => proxy.slow(random.between(5, 150))),
    },
  ];
}

/** Waits for the duration of a fault. */
export function spell(random: Random): Promise<void> {
  return sleep(random.between(LEAST_MS, MOST_MS));
}

async function during(
  random: Random,
  proxies: readonly FaultProxy[],
  fault: (proxy: FaultProxy) => Promise<void> | void,
): Promise<void> {
  await fault(random.pick(proxies));
  await spell(random);
  await passAll(proxies);
}

async function passAll(proxies: readonly FaultProxy[]): Promise<void> {
  await Promise.all(proxies.map((proxy) => proxy.pass()));
}

/** Runs an order on each master, except those that do not answer. */
async function onEach(masters: readonly Redis[], order: (redis: Redis) => Promise<unknown>): Promise<void> {
  await Promise.allSettled(masters.map(order));
}
