import { setTimeout as wait } from 'node:timers/promises';
import { until } from '../../support/until.js';
import type { FaultId } from '../catalogue.js';
import { type Ask, REFUSALS } from './refusals.js';
import type { Site } from './site.js';

/** Maximum delay after which a cache sees the end of a session in these tests. */
export const STALENESS_MS = 500;

/** A fault of Redis while processes cache sessions. */
export interface Trouble {
  readonly id: FaultId;
  readonly what: string;
  /** @param key of the session that ends */
  readonly begin?: (site: Site, key: string) => unknown;
  readonly end?: (site: Site) => unknown;
  /** True if a session can be ended during the fault. Otherwise it is ended right after. */
  readonly isEndedMeanwhile: boolean;

  /** Ends the session in another way than by deleting its key. */
  readonly endBy?: (redis: { readonly ask: Ask; readonly key: string }) => Promise<unknown>;
  /** True if the fault disables the caches while it lasts. */
  readonly isNoticed?: boolean;
  /** True if all sessions end. */
  readonly losesAll?: boolean;
}

const TURNS = 6;
const TURN_MS = 50;
const FILL = "for i = 1, 500 do redis.call('SET', ARGV[1] .. i, string.rep('x', 1000), 'PX', 60000) end";

const pass = ({ proxy }: Site) => proxy.pass();

export const TROUBLES: readonly Trouble[] = [
  { id: 'F22', what: 'a key that is deleted by hand', isEndedMeanwhile: true },
  {
    id: 'F18',
    what: 'a key that expires late',
    begin: ({ redis }) => redis.ask('DEBUG', 'SET-ACTIVE-EXPIRE', '0'),
    end: ({ redis }) => redis.ask('DEBUG', 'SET-ACTIVE-EXPIRE', '1'),
    isEndedMeanwhile: true,
    endBy: async ({ ask, key }) => {
      await ask('PEXPIRE', key, 1);
      await wait(2);
    },
  },
  {
    id: 'F19',
    what: 'WRONGTYPE, a key that is replaced by another type',
    isEndedMeanwhile: true,
    endBy: async ({ ask, key }) => {
      await ask('DEL', key);
      await ask('SET', key, 'of another type', 'PX', 60_000);
    },
  },
  { id: 'F3', what: 'all connections are cut', begin: ({ proxy }) => proxy.cut(), isEndedMeanwhile: true },
  {
    id: 'F4',
    what: 'silence',
    begin: ({ proxy }) => proxy.freeze(),
    end: pass,
    isNoticed: true,
    isEndedMeanwhile: true,
  },
  {
    id: 'F4',
    what: 'silence where sessions are read',
    begin: ({ proxy }) => proxy.freeze((said) => said.includes('tracking')),
    end: pass,
    isNoticed: true,
    isEndedMeanwhile: true,
  },
  {
    id: 'F4',
    what: 'a server that stands still',
    begin: ({ redis }) => redis.signal('SIGSTOP'),
    end: ({ redis }) => redis.signal('SIGCONT'),
    isNoticed: true,
    isEndedMeanwhile: false,
  },
  {
    id: 'F5',
    what: 'a slow Redis',
    begin: ({ proxy }) => proxy.slow(400),
    end: pass,
    isNoticed: true,
    isEndedMeanwhile: true,
  },
  {
    id: 'F47',
    what: 'Redis is refused',
    begin: ({ proxy }) => proxy.refuse(),
    end: pass,
    isNoticed: true,
    isEndedMeanwhile: true,
  },
  { id: 'F23', what: 'Redis flaps', begin: flap, end: pass, isEndedMeanwhile: true },
  {
    id: 'F6',
    what: 'an empty Redis in the place of the old one',
    begin: async ({ redis }) => {
      await redis.kill();
      await redis.restart();
    },
    isEndedMeanwhile: true,
    losesAll: true,
  },
  { id: 'F17', what: 'everything is flushed', begin: flush, isEndedMeanwhile: true, losesAll: true },
  {
    id: 'F17',
    what: 'Redis evicts sessions',
    begin: evict,
    end: makeRoom,
    isEndedMeanwhile: true,
    losesAll: true,
  },
  {
    id: 'F9',
    what: 'a server that became read-only',
    begin: ({ redis }) => redis.ask('REPLICAOF', '127.0.0.1', 1),
    end: ({ redis }) => redis.ask('REPLICAOF', 'NO', 'ONE'),
    isNoticed: true,
    isEndedMeanwhile: false,
  },
  {
    id: 'F11',
    what: 'a full Redis',
    begin: ({ redis }) => redis.ask('CONFIG', 'SET', 'maxmemory', 1),
    end: ({ redis }) => redis.ask('CONFIG', 'SET', 'maxmemory', 0),
    isNoticed: true,
    isEndedMeanwhile: true,
  },
  {
    id: 'F12',
    what: 'lost scripts',
    begin: ({ redis }) => redis.ask('SCRIPT', 'FLUSH', 'SYNC'),
    isEndedMeanwhile: true,
  },
  ...REFUSALS.filter(({ code }) => code !== 'BUSY').map(({ code, begin, end }): Trouble => {
    return {
      id: 'F19',
      what: code,
      begin: ({ redis }) => begin(asked(redis)),
      end: ({ redis }) => end(asked(redis)),
      isNoticed: true,
      // Each of the other faults rejects the deletion of a key, too.
      isEndedMeanwhile: code === 'NOPERM' || code === 'NOAUTH',
    };
  }),
];

function asked({ admin }: Site['redis']): Ask {
  return async (command, ...args) => admin.call(command, ...args);
}

async function flap({ proxy }: Site): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) {
    await (turn % 2 ? proxy.pass() : proxy.refuse());
    await wait(TURN_MS);
  }
}

function flush({ redis }: Site): Promise<unknown> {
  return redis.ask('FLUSHALL');
}

async function evict({ redis }: Site, key: string): Promise<void> {
  await redis.ask('CONFIG', 'SET', 'maxmemory-policy', 'volatile-lru');
  await redis.ask('CONFIG', 'SET', 'maxmemory', '3mb');
  let round = 0;
  await until('an eviction', 10_000, async () => {
    await redis.ask('EVAL', FILL, 0, `fill:${round++}:`);
    return (await redis.ask('EXISTS', key)) === 0;
  });
}

async function makeRoom({ redis }: Site): Promise<void> {
  await redis.ask('CONFIG', 'SET', 'maxmemory', 0);
  await redis.ask('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  await redis.ask('FLUSHALL'); // no other file uses this server
}
