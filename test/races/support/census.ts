import type { Redis } from 'ioredis';
import { assertRedisClean, findKeys, SOURCE } from '../../store/redis-keyspace.js';

/** Number of keys of each kind. */
export interface Census {
  /** Live sessions. */
  readonly sessions: number;
  /** Users with a live session. */
  readonly indexes: number;
  /** Notices of sessions that ended. */
  readonly notices: number;
}

const KINDS: readonly (readonly [keyof Census, RegExp])[] = [
  ['sessions', /^\{[\w-]{3}\}:[\w-]{22}$/],
  ['indexes', /^\{[\w-]{3}\}:u:/],
  ['notices', /^\{[\w-]{3}\}:gone:[\w-]{22}$/],
];

/** Counts all keys with a prefix by kind, and checks their invariants. */
export async function takeCensus(client: Redis, prefix: string): Promise<Census> {
  await assertRedisClean(client, prefix);
  const counts = { sessions: 0, indexes: 0, notices: 0 };
  for (const key of await findKeys(client, prefix)) {
    if (SOURCE.test(key.slice(prefix.length))) continue; // it may expire at any moment
    const [kind] = KINDS.find(([, form]) => form.test(key.slice(prefix.length))) ?? [];
    expect(kind ? '' : key).toBe('');
    if (kind) counts[kind]++;
  }
  return counts;
}
