import type { Cluster, Redis } from 'ioredis';
import type { SessionId, SessionRecord } from 'nestjs-redis-session';
import { decodeRecord } from './white-box.js';

/** The times of a session that tests change. */
type Times = Pick<SessionRecord, 'createdAt' | 'lastActiveAt' | 'idleMs' | 'absoluteEndAt' | 'signedInAt'>;

/** Returns the session in a hash of Redis, without its ID; `null` if the hash holds none. */
export function storedRecord(hash: Record<string, string>): SessionRecord | null {
  return decodeRecord('' as SessionId, hash);
}

/** Returns the two lists of a session's hash that hold these times. */
export function storedLists(times: Times, otherFacts: readonly unknown[] = []): { s: string; a: string } {
  const { createdAt, lastActiveAt, idleMs, absoluteEndAt, signedInAt } = times;
  const signedInAfter = signedInAt === null ? null : signedInAt - createdAt;
  const facts = [1, createdAt, absoluteEndAt - createdAt, signedInAfter, ...otherFacts];
  return { s: JSON.stringify(facts), a: JSON.stringify([lastActiveAt - createdAt, idleMs]) };
}

/** Changes times of a stored session, bypassing the store. */
export async function changeTimes(
  client: Redis | Cluster,
  key: string,
  changes: Partial<Times>,
): Promise<void> {
  const hash = await client.hgetall(key);
  const record = storedRecord(hash);
  if (!record) throw new Error(`${key} holds no session`);
  const otherFacts = (JSON.parse(hash['s'] as string) as unknown[]).slice(4);
  await client.hset(key, storedLists({ ...record, ...changes }, otherFacts));
}
