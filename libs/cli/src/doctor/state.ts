import { LAYOUT_VERSION, NO_IDLE_MS, type ServerFacts, type StoredSession } from 'nestjs-redis-session/redis';
import type { ConnectedRedis } from '../connection/connect.js';
import { duration } from '../terminal/text.js';
import { versionOf } from './server-checks.js';

/** The state that an expectation is compared with. What the permissions do not show is `null`. */
export interface State {
  /** The setting maxmemory-policy of each server, without repetitions. */
  readonly policy: readonly string[];
  /** The setting maxmemory of each server in bytes, without repetitions; 0 for no limit. */
  readonly memory: readonly number[];
  /** Software and version of each server, without repetitions, and the layout that this program reads. */
  readonly versions: { readonly server: readonly string[]; readonly layout: number };
  /** The user of the connection and its rule, without passwords. Read only if it is compared or saved. */
  readonly acl: { readonly user: string; readonly rule: string } | null;
  /** The timeouts of the sampled sessions, without those that a sign-in set for one session alone. */
  readonly lifetimes: {
    readonly user: Lifetimes;
    readonly anonymous: Lifetimes;
  };
}

/** Different timeouts, the most frequent first. */
export interface Lifetimes {
  readonly idle: readonly string[];
  readonly absolute: readonly string[];
}

/** Reads the state of the servers and the sampled sessions. */
export async function readState(
  redis: ConnectedRedis,
  facts: readonly ServerFacts[],
  { sessions, withAcl }: { readonly sessions: readonly StoredSession[]; readonly withAcl: boolean },
): Promise<State> {
  const records = sessions.flatMap(({ record }) => record ?? []);
  return {
    policy: distinct(facts.map(({ info }) => info['maxmemory_policy'] ?? 'unknown')),
    memory: distinct(facts.map(({ info }) => Number(info['maxmemory'] ?? 0))),
    versions: { server: distinct(facts.map(versionOf)), layout: LAYOUT_VERSION },
    acl: withAcl ? await readAcl(redis) : null,
    lifetimes: {
      user: lifetimesOf(records.filter(({ userId }) => userId !== null)),
      anonymous: lifetimesOf(records.filter(({ userId }) => userId === null)),
    },
  };
}

type SessionRecord = NonNullable<StoredSession['record']>;

function lifetimesOf(records: readonly SessionRecord[]): Lifetimes {
  const without = (name: 'idle' | 'end') => records.filter(({ own = [] }) => !own.includes(name));
  return {
    idle: byFrequency(
      without('idle').map(({ idleMs }) => (idleMs >= NO_IDLE_MS ? 'none' : duration(idleMs))),
    ),
    absolute: byFrequency(
      without('end').map(({ absoluteEndAt, createdAt }) => duration(absoluteEndAt - createdAt)),
    ),
  };
}

/** Returns the user of the connection and its rule; `null` if the permissions do not show them. */
async function readAcl({ inspection }: ConnectedRedis): Promise<State['acl']> {
  const [node] = inspection.masters;
  try {
    const user = String(await node?.call('ACL', 'WHOAMI'));
    const reply = await node?.call('ACL', 'GETUSER', user);
    const entries = Array.isArray(reply) ? pairsOf(reply) : Object.entries(reply as object);
    const fields = new Map<string, unknown>(entries);
    const parts = ['keys', 'channels', 'commands'].map((name) => wordsOf(fields.get(name)));
    return { user, rule: parts.flat().join(' ') };
  } catch {
    return null; // NOPERM
  }
}

function pairsOf(flat: readonly unknown[]): [string, unknown][] {
  return flat.flatMap((name, index) =>
    index % 2 === 0 ? [[String(name), flat[index + 1]] as [string, unknown]] : [],
  );
}

/** Returns the words of a part of a rule: a list before Redis 7, text since. */
function wordsOf(part: unknown): string[] {
  if (Array.isArray(part)) return part.map(String);
  return typeof part === 'string' ? part.split(' ').filter(Boolean) : [];
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

function byFrequency(values: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one).map(([value]) => value);
}
