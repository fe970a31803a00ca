import { BlockList, isIP, isIPv4 } from 'node:net';
import type { Cluster, Redis } from 'ioredis';
import { withDeadline } from './deadline.js';
import { type InfoFields, parseInfo } from './info.js';
import { mastersOf, socketOf } from './ioredis-internals.js';

/** Names of the warnings about a Redis server. */
export const SERVER_WARNINGS = [
  'eviction-policy',
  'no-authentication',
  'no-tls',
  'no-persistence',
  'old-version',
  'memory-nearly-full',
] as const;

export type ServerWarning = (typeof SERVER_WARNINGS)[number];

/** A `maxmemory-policy` by which Redis drops keys when its memory is full. */
export type EvictionPolicy = `allkeys-${string}` | `volatile-${string}`;

/** Returns `true` if a value is the name of such a policy. */
export function isEvictionPolicy(value: unknown): value is EvictionPolicy {
  return typeof value === 'string' && /^(allkeys|volatile)-[a-z]+$/.test(value);
}

/** A setting or state of a server that is unsuitable for sessions. */
export interface Finding {
  readonly name: ServerWarning;
  /** The problem and its remedy. */
  readonly message: string;
  /** The eviction policy in force, if the server has a `maxmemory`. */
  readonly eviction?: EvictionPolicy;
}

/** The known facts about a server. Unknown ones are absent. */
export interface ServerFacts {
  /** The fields of INFO. */
  readonly info: InfoFields;
  /** The `save` setting, if CONFIG GET is allowed. */
  readonly save?: string;
  /** The address of the other end of the connection. */
  readonly address?: string;
  readonly hasPassword: boolean;
  readonly isEncrypted: boolean;
}

/** The oldest versions that get security fixes. */
const OLDEST_VERSION = [6, 2] as const;
const NEARLY_FULL_SHARE = 0.9;
const INSPECTION_TIMEOUT_MS = 1_000;

/** Networks that the internet does not reach. Sources: RFC 1918, 6598, 3927, 4193, 4291. */
const PRIVATE = new BlockList();
for (const [network, bits] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
] as const) {
  PRIVATE.addSubnet(network, bits);
}
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
PRIVATE.addSubnet('fe80::', 10, 'ipv6');

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

/** Returns the problems of a server. */
export function findingsOf(facts: ServerFacts): Finding[] {
  const messages: Record<ServerWarning, string | null> = {
    'eviction-policy': evictionPolicy(facts),
    'no-authentication': noAuthentication(facts),
    'no-tls': noTls(facts),
    'no-persistence': noPersistence(facts),
    'old-version': oldVersion(facts),
    'memory-nearly-full': memoryNearlyFull(facts),
  };
  return SERVER_WARNINGS.flatMap((name) => {
    const message = messages[name];
    if (message === null) return [];
    const eviction = name === 'eviction-policy' ? evictionInForce(facts) : null;
    return [{ name, message, ...(eviction && { eviction }) }];
  });
}

/** Inspects the servers behind a client, and returns their problems. Servers that do not answer have none. */
export async function inspectServers(client: Redis | Cluster): Promise<Finding[]> {
  // Nodes of a Cluster that no command has reached yet are not connected.
  const connected = mastersOf(client).filter(({ status }) => status === 'ready');
  const findings = (await Promise.all(connected.map(inspect))).flat();
  // The nodes of a Cluster usually share their configuration.
  return [...new Map(findings.map((finding) => [finding.name + (finding.eviction ?? ''), finding])).values()];
}

async function inspect(node: Redis): Promise<Finding[]> {
  return findingsOf(await readServerFacts(node));
}

/** Reads the facts about the server of a connection. Those that it does not return within a second are unknown. */
export async function readServerFacts(node: Redis): Promise<ServerFacts> {
  const { username, password, tls } = node.options;
  // Other ACL users are rarely allowed to, and Redis logs each rejection.
  const mayReadConfig = !username || username === 'default';
  const [info, save] = await withDeadline(
    Promise.all([
      node.info().catch(() => ''),
      mayReadConfig ? (node.config('GET', 'save').catch(() => []) as Promise<string[]>) : [],
    ]),
    INSPECTION_TIMEOUT_MS,
  ).catch(() => ['', []] as const);
  return {
    info: parseInfo(info),
    save: save[1],
    address: socketOf(node)?.remoteAddress,
    hasPassword: Boolean(password),
    isEncrypted: Boolean(tls),
  };
}

function evictionPolicy({ info: { maxmemory_policy: policy } }: ServerFacts): string | null {
  if (policy === undefined || policy === 'noeviction') return null;
  return (
    `Redis evicts keys when its memory is full (maxmemory-policy ${policy}), which signs users out. ` +
    'Set maxmemory-policy to noeviction.'
  );
}

function evictionInForce({ info }: ServerFacts): EvictionPolicy | null {
  const { maxmemory, maxmemory_policy: policy } = info;
  return Number(maxmemory) > 0 && isEvictionPolicy(policy) ? policy : null;
}

function noAuthentication({ address, hasPassword }: ServerFacts): string | null {
  if (hasPassword || !isPublic(address)) return null;
  return (
    `Redis at ${address} is reachable on a public address without authentication. ` +
    'Set up an ACL user, and set "username" and "password" in the option "redis".'
  );
}

function noTls({ address, isEncrypted }: ServerFacts): string | null {
  if (isEncrypted || !address || isIn(LOOPBACK, address) || !isIP(address)) return null;
  return (
    `The connection to Redis at ${address} is not encrypted. ` +
    'Use a rediss:// URL, or the option "tls" of ioredis.'
  );
}

function noPersistence({ info: { aof_enabled: aof }, save }: ServerFacts): string | null {
  if (aof !== '0' || save !== '') return null;
  return (
    'Redis keeps no data on disk, so a restart signs all users out. ' +
    'Set appendonly to yes, or silence this warning if that is intended.'
  );
}

function oldVersion({
  info: { redis_version: version, valkey_version: valkey },
}: ServerFacts): string | null {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_VERSION;
  const isOld = major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
  if (!version || valkey || !isOld) return null;
  return `Redis ${version} no longer gets security fixes. Upgrade to ${OLDEST_VERSION.join('.')} or later.`;
}

function memoryNearlyFull({ info }: ServerFacts): string | null {
  const [used, max] = [Number(info['used_memory']), Number(info['maxmemory'])];
  if (!(max > 0) || used < max * NEARLY_FULL_SHARE) return null;
  const percent = Math.round((used / max) * 100);
  return (
    `Redis has used ${percent} % of its maxmemory. When its memory is full, users cannot sign in. ` +
    'Raise maxmemory, or shorten the timeouts of sessions.'
  );
}

function isPublic(address: string | undefined): boolean {
  if (!address || !isIP(address)) return false;
  return !isIn(LOOPBACK, address) && !isIn(PRIVATE, address);
}

function isIn(list: BlockList, address: string): boolean {
  // The form of IPv4 addresses on IPv6 sockets.
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  return list.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
}
