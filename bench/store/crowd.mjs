// The time that a script keeps Redis busy, median and maximum, for one user with many sessions.
import { MeasuredRedis } from '../redis.mjs';
import { medianOf } from '../statistics.mjs';
import { signInOf, storeOn } from './sessions.mjs';

const SIZES = [1_000, 10_000, 100_000];
const USER = 'crowd';
const AT_ONCE = 200;
const ROUNDS = 20;
const NO_LIMIT = { max: null, onExceed: 'evict-oldest' };
const REVOKED = { reason: 'revoked' };

/** Operations on a user's many sessions; the last one ends them all. */
const OPERATIONS = {
  unlimited: (store) => signIn(store, NO_LIMIT),
  evictOldest: (store, max) => signIn(store, { max, onExceed: 'evict-oldest' }),
  evictIdlest: (store, max) => signIn(store, { max, onExceed: 'evict-idlest' }),
  reject: (store, max) => signIn(store, { max, onExceed: 'reject' }),
  list: (store) => store.list(USER),
  revokeAll: (store) => store.revokeAll(USER, REVOKED, null),
};

/** Operations that visit all sessions, and so run many scripts each. */
const WHOLE = new Set(['list', 'revokeAll']);

/**
 * @param quick true to leave out the largest size
 * @returns a row for each number of sessions of the user
 */
export async function measureCrowd({ quick, report }) {
  const redis = await MeasuredRedis.start({ replica: false });
  const store = storeOn(redis.client);
  try {
    await redis.client.config('SET', 'slowlog-max-len', '100000');
    // From here on the server has the scripts, so the measurement includes no EVAL.
    for (const run of Object.values(OPERATIONS)) await run(store, 1);
    const rows = [];
    for (const sessions of quick ? SIZES.slice(0, -1) : SIZES) {
      report(`signing one user in ${sessions} times`);
      for (let done = 0; done < sessions; done += AT_ONCE)
        await Promise.all(Array.from({ length: AT_ONCE }, () => signIn(store, NO_LIMIT)));
      const row = { sessions };
      for (const [name, run] of Object.entries(OPERATIONS)) {
        const rounds = WHOLE.has(name) ? 1 : ROUNDS;
        row[name] = await scriptMicros(redis.client, rounds, () => run(store, sessions));
      }
      rows.push(row);
    }
    return rows;
  } finally {
    await redis.stop();
  }
}

function signIn(store, limit) {
  return store.signIn({ ...signInOf(USER), limit });
}

async function scriptMicros(client, rounds, operation) {
  await client.call('SLOWLOG', 'RESET');
  await client.config('SET', 'slowlog-log-slower-than', '0');
  for (let round = 0; round < rounds; round++) await operation();
  await client.config('SET', 'slowlog-log-slower-than', '-1');
  const entries = await client.call('SLOWLOG', 'GET', '-1');
  const scripts = entries.filter(([, , , [command]]) => command.toLowerCase() === 'evalsha');
  const micros = scripts.map(([, , duration]) => Number(duration));
  return { median: medianOf(micros), longest: Math.max(...micros) };
}
