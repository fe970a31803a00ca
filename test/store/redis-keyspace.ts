import assert from 'node:assert/strict';
import type { Cluster, Redis } from 'ioredis';
import { expiryOf } from '../support/expiry.js';

/** A session's key, a notice's and an index's, after the prefix. */
const SESSION = /^\{([\w-]{3})\}:([\w-]{22})$/;
const NOTICE = /^\{[\w-]{3}\}:gone:[\w-]{22}$/;
const INDEX = /^\{([\w-]{3})\}:u:/;
const CUT = /^\{[\w-]{3}\}:cut:/;
/** What keeps a sign-in that is sent twice from being two. */
export const SOURCE = /^\{[\w-]{3}\}:from:[\w-]{22}$/;
/** For so long at most. */
const SOURCE_MS = 10_000;

/** All keys with a prefix, on all masters of a Cluster. */
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

/** One by one: the keys of one command must lie in one slot. */
export async function deleteKeys(client: Redis | Cluster, prefix: string): Promise<void> {
  const keys = await findKeys(client, prefix);
  await Promise.all(keys.map((key) => client.unlink(key)));
}

/**
 * What holds of the keys at any time: each is of a known kind and ends by itself, a session no later than its
 * absolute end, and the index of a user has just that user's live sessions, each until it ends; that of
 * nobody has none of a user's.
 */
export async function assertRedisClean(client: Redis | Cluster, prefix: string): Promise<void> {
  for (const key of await findKeys(client, prefix)) {
    const name = key.slice(prefix.length);
    const endsAt = await expiryOf(client, key);
    if (endsAt === -2) continue; // it has ended since it was found
    assert.notEqual(endsAt, -1, `${key} never ends`);
    if (SESSION.test(name)) await assertSession(client, prefix, key, endsAt);
    else if (INDEX.test(name)) await assertIndex(client, prefix, key);
    else if (SOURCE.test(name)) await assertSource(client, key);
    else if (!CUT.test(name)) assert.match(name, NOTICE);
  }
}

async function assertSession(
  client: Redis | Cluster,
  prefix: string,
  key: string,
  endsAt: number,
): Promise<void> {
  const [absoluteEndAt, user] = await client.hmget(key, 'x', 'u');
  if (absoluteEndAt === null) return assertEnded(client, key);
  assert.ok(endsAt <= Number(absoluteEndAt), `${key} outlives its absolute end`);
  if (user === null || user === undefined) return;
  const [, shard, handle] = SESSION.exec(key.slice(prefix.length)) as unknown as [string, string, string];
  const index = `${prefix}{${shard}}:u:${user}`;
  const [indexedUntil, mark] = await client.zmscore(index, handle, `@${handle}`);
  if (!indexedUntil) return assertEnded(client, key);
  assert.equal(Number(mark), -Number(await client.hget(key, 't')), `${key} has another mark in its index`);
  assert.equal(Number(indexedUntil), endsAt, `${key} is indexed until another time than it lives`);
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

/** It ends soon, whatever becomes of its session. */
async function assertSource(client: Redis | Cluster, key: string): Promise<void> {
  assert.ok((await client.pttl(key)) <= SOURCE_MS, `${key} is kept for too long`);
}

/** A session that reads as absent did not live any more. */
async function assertEnded(client: Redis | Cluster, key: string): Promise<void> {
  assert.equal(await client.exists(key), 0, `${key} is not as a session should be`);
}
