import assert from 'node:assert/strict';
import type { Cluster, Redis } from 'ioredis';
import { expiryOf } from '../support/expiry.js';
import { storedRecord } from '../support/stored-session.js';

/** A session's key, a notice's and an index's, after the prefix. */
const SESSION = /^\{([\w-]{3})\}:([\w-]{22})$/;
const NOTICE = /^\{[\w-]{3}\}:gone:[\w-]{22}$/;
const INDEX = /^\{([\w-]{3})\}:u:/;
const CUT = /^\{[\w-]{3}\}:cut:/;
const LEASE = /^\{AAA\}:lease:[\w-]+$/;
/** Key that makes a sign-in that is sent twice create one session. */
export const SOURCE = /^\{[\w-]{3}\}:from:[\w-]{22}$/;
/** Longest life of such a key. */
const SOURCE_MS = 10_000;

/** Finds all keys with a prefix, on all masters of a Cluster. */
export async function findKeys(client: Redis | Cluster, prefix: string): Promise<string[]> {
  const servers = 'nodes' in client ? client.nodes('master') : [client];
  return (await Promise.all(servers.map((server) => scan(server, prefix)))).flat();
}

async function scan(client: Redis, prefix: string): Promise<string[]> {
  const found = new Set<string>();
  let cursor = '0';
  do {
    const [next, keys] = await client.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', 1_000);
    for (const key of keys) found.add(key);
    cursor = next;
  } while (cursor !== '0');
  return [...found];
}

/** Deletes all keys with a prefix, one by one: the keys of one command must lie in one slot. */
export async function deleteKeys(client: Redis | Cluster, prefix: string): Promise<void> {
  const keys = await findKeys(client, prefix);
  await Promise.all(keys.map((key) => client.unlink(key)));
}

/**
 * Checks the invariants of the keys: each is of a known kind and expires, a session no later than its absolute end,
 * and the index of a user has exactly that user's live sessions, each until it ends; the anonymous index has no
 * session of a user.
 */
export async function assertRedisClean(client: Redis | Cluster, prefix: string): Promise<void> {
  for (const key of await findKeys(client, prefix)) {
    const name = key.slice(prefix.length);
    const endsAt = await expiryOf(client, key);
    if (endsAt === -2) continue; // it has expired since it was found
    assert.notEqual(endsAt, -1, `${key} never expires`);
    if (SESSION.test(name)) await assertSession(client, prefix, key, endsAt);
    else if (INDEX.test(name)) await assertIndex(client, prefix, key);
    else if (SOURCE.test(name)) await assertSource(client, key);
    else if (!CUT.test(name) && !LEASE.test(name)) assert.match(name, NOTICE);
  }
}

async function assertSession(
  client: Redis | Cluster,
  prefix: string,
  key: string,
  endsAt: number,
): Promise<void> {
  const record = storedRecord(await client.hgetall(key));
  if (record === null) return assertEnded(client, key);
  const { absoluteEndAt, userId, signedInAt } = record;
  assert.ok(endsAt <= absoluteEndAt, `${key} outlives its absolute end`);
  if (userId === null) return;
  const [, shard, handle] = SESSION.exec(key.slice(prefix.length)) as unknown as [string, string, string];
  const index = `${prefix}{${shard}}:u:${userId}`;
  const [indexedUntil, mark] = await client.zmscore(index, handle, `@${handle}`);
  if (!indexedUntil) return assertEnded(client, key);
  assert.equal(Number(mark), -Number(signedInAt), `${key} has another mark in its index`);
  assert.equal(
    Number(indexedUntil),
    endsAt,
    `the index entry of ${key} and the key expire at different times`,
  );
}

async function assertIndex(client: Redis | Cluster, prefix: string, key: string): Promise<void> {
  const [, shard] = INDEX.exec(key.slice(prefix.length)) as unknown as [string, string];
  const user = key.slice(`${prefix}{${shard}}:u:`.length);
  const now = Number((await client.time())[0]) * 1000;
  for (const handle of await client.zrangebyscore(key, now + 1_000, '+inf')) {
    const session = `${prefix}{${shard}}:${handle}`;
    assert.equal(
      (await client.hget(session, 'u')) ?? '',
      user,
      `${key} has ${handle}, which is no session of its user`,
    );
  }
}

/** Checks that such a key expires soon, whatever happens to its session. */
async function assertSource(client: Redis | Cluster, key: string): Promise<void> {
  assert.ok((await client.pttl(key)) <= SOURCE_MS, `${key} is kept for too long`);
}

/** Checks that a session that reads as absent has ended. */
async function assertEnded(client: Redis | Cluster, key: string): Promise<void> {
  assert.equal(
    await client.exists(key),
    0,
    `${key} lives without the fields or the index entry of a session`,
  );
}
