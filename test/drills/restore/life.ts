import type { RedisStore, SessionId, SessionRecord, SignInIntent } from 'nestjs-redis-session';
import { NO_CHANGES, shardOfUser } from 'nestjs-redis-session/core';
import { freshId, freshIdBeside, plainSignIn } from 'nestjs-redis-session/testing';

/** So long that no session expires while a large drill runs. */
const TIMEOUTS = { idleMs: 12 * 3_600_000, absoluteMs: 24 * 3_600_000 };
const PARALLEL = 256;

/** A session that ended after the backup, and the way it ended. */
export interface EndedSession {
  readonly id: SessionId;
  readonly how: 'signed out' | 'revoked' | 'regenerated' | 'replaced by a sign-in';
}

export async function signIn(
  store: RedisStore,
  userId: string,
  details: Partial<SignInIntent> = {},
): Promise<SessionRecord> {
  const cart = JSON.stringify([{ article: userId, pieces: 1 }]);
  const changes = { ...NO_CHANGES, set: new Map([['cart', cart]]) };
  const outcome = await store.signIn({ ...plainSignIn(userId), timeouts: TIMEOUTS, changes, ...details });
  if (outcome.status !== 'signed-in') throw new Error(`${userId} could not sign in: ${outcome.status}`);
  return outcome.record;
}

/** A visitor who is about to sign in. */
export interface Visitor {
  readonly userId: string;
  readonly session: SessionRecord;
}

/** Begins the session of an anonymous visitor. */
export async function visit(store: RedisStore, userId: string): Promise<Visitor> {
  const id = freshId(shardOfUser(userId));
  const session = await store.create({ id, timeouts: TIMEOUTS, persistent: false, fields: new Map() });
  return { userId, session };
}

/** Signs so many users in, and returns some of their sessions. */
export async function signInMany(store: RedisStore, count: number, kept: number): Promise<SessionRecord[]> {
  const sample: SessionRecord[] = [];
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const number = next++;
      const record = await signIn(store, `user${number}`);
      if (number < kept) sample.push(record);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return sample;
}

/** Ends each of the sessions, in one of the ways in which sessions end. */
export async function endEach(
  store: RedisStore,
  users: readonly SessionRecord[],
  visitors: readonly Visitor[],
): Promise<EndedSession[]> {
  const ended: EndedSession[] = [];
  for (const [index, session] of users.entries()) {
    const { id, userId } = session;
    const how = (['signed out', 'revoked', 'regenerated'] as const)[index % 3] ?? 'signed out';
    if (how === 'signed out') await store.destroy(id, { reason: 'signed-out' });
    else if (how === 'revoked') await store.revokeAll(String(userId), { reason: 'revoked' }, null);
    else await store.regenerate({ from: session, to: freshIdBeside(session), keepData: true });
    ended.push({ id, how });
  }
  for (const { userId, session } of visitors) {
    await signIn(store, userId, { replaces: { id: session.id, keepData: true } });
    ended.push({ id: session.id, how: 'replaced by a sign-in' });
  }
  return ended;
}

/** Returns the sessions that are live. */
export async function liveAmong<Session extends { readonly id: SessionId }>(
  store: RedisStore,
  sessions: readonly Session[],
): Promise<Session[]> {
  const live: Session[] = [];
  for (const session of sessions) if (await store.load(session.id)) live.push(session);
  return live;
}
