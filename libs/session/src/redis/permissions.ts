import type { Cluster, Redis } from 'ioredis';
import { randomShard } from '../core/record/token.js';
import { withDeadline } from './deadline.js';
import { errorReply, isCluster, mastersOf } from './ioredis-internals.js';
import { patternOf, RedisKeys } from './keys.js';
import { toStoreError } from './redis-error.js';
import { scriptCommands } from './scripts.js';
import { addressOf, keyPrefixOf, masterAddressOf, serverOf } from './slots.js';
import type { IoredisClient } from './target.js';

/** The configuration on which the permissions of the application's ACL user depend. */
export interface PermissionNeeds {
  /** The option `prefix` of the module. */
  readonly prefix: string;
  /** True for a Redis Cluster. */
  readonly cluster?: boolean;
  /** True with the option `cache`. */
  readonly cache?: boolean;
  /** True with the option `durability`. */
  readonly durability?: boolean;
  /** True for a database other than 0. */
  readonly database?: boolean;
  /** False if the application never calls `revokeEveryone()`. Default: true. */
  readonly everyone?: boolean;
  /** True for a user of the command line, which also inspects what is stored. */
  readonly operator?: boolean;
}

/** The permissions that an ACL user needs, and nothing else. */
export interface Permissions {
  /** The pattern of the keys, in the form of `ACL SETUSER`. */
  readonly keys: string;
  /** The patterns of channels, in the form of `ACL SETUSER`. */
  readonly channels: readonly string[];
  /** The names of commands, such as `hset` or `cluster|slots`. */
  readonly commands: readonly string[];
}

/** The commands that the client sends by itself; `info` when it connects. */
const SENT = ['time', 'get', 'hgetall', 'evalsha', 'eval', 'info'];

/** Returns the permissions that a configuration needs. */
export function permissionsFor(needs: PermissionNeeds): Permissions {
  const { cluster, cache, durability, database, everyone = true, operator } = needs;
  const commands = [
    ...SENT,
    ...(everyone || operator ? ['scan'] : []),
    ...(database ? ['select'] : []),
    ...(durability ? ['wait'] : []),
    ...(cache ? ['client|id', 'client|tracking', 'subscribe'] : []),
    ...(cluster
      ? ['cluster|slots', 'cluster|info', 'client|setname', 'asking', 'readonly', 'readwrite']
      : []),
    ...(cluster && (everyone || operator) ? ['cluster|nodes'] : []),
    ...scriptCommands(),
  ];
  return {
    keys: `~${patternOf(needs.prefix)}*`,
    channels: cache ? ['&__redis__:invalidate'] : [],
    commands: [...new Set(commands)],
  };
}

/** The outcome of {@link tryPermissions} on one server. */
export interface PermissionTrial {
  /** Host and port of the server, or the path of its socket. */
  readonly address: string;
  /** The commands that the user may not run. */
  readonly denied: readonly string[];
  /** True if the user may not access keys with the prefix. */
  readonly areKeysDenied: boolean;
  /** The commands that were not tried, because trying them has effects that could not be undone. */
  readonly untried: readonly string[];
}

/** Arguments with which a command has no effect on a key that holds a short-lived string. */
const TRIALS: Readonly<Record<string, (key: string) => string[]>> = {
  time: () => [],
  info: () => ['server'],
  scan: () => ['0', 'COUNT', '1'],
  eval: () => ['return 1', '0'],
  evalsha: () => ['0'.repeat(40), '0'],
  wait: () => ['0', '1'],
  asking: () => [],
  readonly: () => [],
  readwrite: () => [],
  set: (key) => [key, '1', 'PX', '1000'],
  get: (key) => [key],
  del: (key) => [key],
  exists: (key) => [key],
  type: (key) => [key],
  pttl: (key) => [key],
  pexpire: (key) => [key, '1000'],
  pexpireat: (key) => [key, String(Date.now() + 1_000)],
  rename: (key) => [key, key],
  hgetall: (key) => [key],
  hkeys: (key) => [key],
  hdel: (key) => [key, 'field'],
  hexists: (key) => [key, 'field'],
  hget: (key) => [key, 'field'],
  hmget: (key) => [key, 'field'],
  hset: (key) => [key, 'field', '1'],
  hstrlen: (key) => [key, 'field'],
  zadd: (key) => [key, '0', 'member'],
  zcard: (key) => [key],
  zcount: (key) => [key, '0', '0'],
  zrange: (key) => [key, '0', '0'],
  zrangebyscore: (key) => [key, '0', '0'],
  zrevrangebyscore: (key) => [key, '0', '0'],
  zrank: (key) => [key, 'member'],
  zrem: (key) => [key, 'member'],
  zscore: (key) => [key, 'member'],
  'client|id': () => ['ID'],
  'client|setname': () => ['SETNAME', ''],
  'client|tracking': () => ['TRACKING', 'OFF'],
  'cluster|slots': () => ['SLOTS'],
  'cluster|nodes': () => ['NODES'],
  'cluster|info': () => ['INFO'],
};

/** Without a key that holds a string, these commands would create one. */
const CREATE_KEYS = ['hset', 'zadd'];
/** The order of the trials: the key exists first, and is deleted last. */
const [FIRST, LAST] = ['set', 'del'];

/**
 * Tries commands on each server that receives writes, on a key that exists for an instant. Redis records each denied
 * command in its ACL log.
 *
 * @throws SessionUnavailableError if Redis does not reply in time
 */
export async function tryPermissions(
  client: IoredisClient,
  { prefix, commands, deadlineMs = 5_000 }: TrialSettings,
): Promise<PermissionTrial[]> {
  const ioredis = client as Redis | Cluster;
  const tryOn = (node: Redis) => tryOnNode(node, keyOn(ioredis, node, prefix), commands);
  try {
    return await withDeadline(Promise.all(mastersOf(ioredis).map(tryOn)), deadlineMs);
  } catch (error) {
    throw toStoreError('try the permissions', error);
  }
}

/** Settings of {@link tryPermissions}. */
export interface TrialSettings {
  /** The option `prefix` of the module. */
  readonly prefix: string;
  /** Names of commands, as {@link permissionsFor} returns them. */
  readonly commands: readonly string[];
  /**
   * The time within which the servers must reply, in milliseconds.
   *
   * @defaultValue 5000
   */
  readonly deadlineMs?: number;
}

async function tryOnNode(node: Redis, key: string, commands: readonly string[]): Promise<PermissionTrial> {
  const [set, del] = [await replyTo(node, FIRST, key), await replyTo(node, LAST, key)];
  const mayCreate = !isDenied(set) && !isDenied(del);
  const tried = commands.filter(
    (name) => Object.hasOwn(TRIALS, name) && (mayCreate || !CREATE_KEYS.includes(name)),
  );
  if (mayCreate) await replyTo(node, FIRST, key);
  const others = tried.filter((name) => name !== FIRST && name !== LAST);
  const replies = await Promise.all(
    others.map(async (name) => [name, await replyTo(node, name, key)] as const),
  );
  if (mayCreate) await replyTo(node, LAST, key);
  const outcomes = [[FIRST, set] as const, [LAST, del] as const, ...replies];
  return {
    address: serverOf(node),
    denied: outcomes.filter(([, reply]) => DENIED_COMMAND.test(reply)).map(([name]) => name),
    areKeysDenied: outcomes.some(([, reply]) => isDenied(reply) && !DENIED_COMMAND.test(reply)),
    untried: commands.filter((name) => !tried.includes(name)),
  };
}

const DENIED_COMMAND = /^NOPERM .*\brun the\b/;

function isDenied(reply: string): boolean {
  return reply.startsWith('NOPERM');
}

/** Returns the error reply to a command; an empty text if there is none. */
async function replyTo(node: Redis, name: string, key: string): Promise<string> {
  try {
    await node.call(name.split('|', 1)[0] as string, ...(TRIALS[name]?.(key) ?? []));
    return '';
  } catch (error) {
    const reply = errorReply(error);
    if (reply === null) throw error;
    return reply;
  }
}

/** Returns the name of a probe key that a server stores. */
function keyOn(client: Redis | Cluster, node: Redis, prefix: string): string {
  const keys = new RedisKeys(prefix);
  if (!isCluster(client)) return keys.probe(randomShard(), 'trial');
  for (;;) {
    const key = keys.probe(randomShard(), 'trial');
    if (masterAddressOf(client, key) === addressOf(node)) return keyPrefixOf(client) + key;
  }
}
