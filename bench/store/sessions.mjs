// Sessions on the level of the store, without HTTP.
import { RedisStore } from 'nestjs-redis-session';
import { mintToken, sessionIdOf, shardOfUser } from 'nestjs-redis-session/core';

const TIMEOUTS = { idleMs: 30 * 60_000, absoluteMs: 12 * 3_600_000 };
const AT_ONCE = 200;

export function storeOn(client) {
  return new RedisStore(client, { prefix: 'session:', deadlineMs: 60_000, noticeTtlMs: 60_000 });
}

/** Returns the sign-in of the standard session: user, email, two roles, four times, and at most five devices. */
export function signInOf(userId) {
  const fields = { email: JSON.stringify(`${userId}@example.com`), roles: '["editor","reviewer"]' };
  return {
    id: sessionIdOf(mintToken(shardOfUser(userId))),
    userId,
    timeouts: TIMEOUTS,
    persistent: false,
    limit: { max: 5, onExceed: 'evict-oldest' },
    replaces: null,
    createdAt: null,
    device: null,
    address: null,
    changes: { set: new Map(Object.entries(fields)), remove: [] },
  };
}

/** Signs users in until this many more sessions exist. */
export async function fill(store, from, to) {
  for (let start = from; start < to; start += AT_ONCE) {
    const users = Array.from(
      { length: Math.min(AT_ONCE, to - start) },
      (_, index) => `filler-${start + index}`,
    );
    await Promise.all(users.map((user) => store.signIn(signInOf(user))));
  }
}
