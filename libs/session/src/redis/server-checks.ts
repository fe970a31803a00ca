import { BlockList, isIP, isIPv4 } from 'node:net';
import type { Cluster, Redis } from 'ioredis';
import { withDeadline } from './deadline.js';

/** What is warned of about a Redis server, by name. */
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

/** Whether a value names one. */
export function isEvictionPolicy(value: unknown): value is EvictionPolicy {
  return typeof value === 'string' && /^(allkeys|volatile)-[a-z]+$/.test(value);
}

/** Something about a server that is not as sessions need it. */
export interface Finding {
  readonly name: ServerWarning;
  /** What it means, and what to do. */
  readonly message: string;
  /** The policy by which this server drops keys once it has reached its `maxmemory`, where it has one. */
  readonly eviction?: EvictionPolicy;
}

/** What is known of a server. What it does not tell is absent. */
export interface ServerFacts {
  /** What INFO says. */
  readonly info: Readonly<Record<string, string | undefined>>;
  /** The `save` setting, where CONFIG GET is allowed. */
  readonly save?: string;
  /** The address of the other end of the connection. */
  readonly address?: string;
  readonly hasPassword: boolean;
  readonly isEncrypted: boolean;
}

/** The oldest versions that get security fixes. */
const OLDEST_VERSION = [6, 2] as const;
const NEARLY_FULL_SHARE = 0.9;
const PATIENCE_MS = 1_000;

/** What is not reached from the internet. Sources: RFC 1918, 6598, 3927, 4193, 4291. */
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

/** What is wrong with a server, by what is known of it. */
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

/** Asks the servers behind a client what there is to know. Servers that do not answer have nothing to say. */
export async function inspectServers(client: Redis | Cluster): Promise<Finding[]> {
  const nodes = client.isCluster ? (client as Cluster).nodes('master') : [client as Redis];
  // A node of a Cluster to which no command has led yet is not connected, and is not asked for this.
  const connected = nodes.filter(({ status }) => status === 'ready');
  const findings = (await Promise.all(connected.map(inspect))).flat();
  // All nodes of a Cluster tend to be set up alike.
  return [...new Map(findings.map((finding) => [finding.name + (finding.eviction ?? ''), finding])).values()];
}

async function inspect(node: Redis): Promise<Finding[]> {
  const { username, password, tls } = node.options;
  // A user of its own may seldom do it, and Redis writes down who was refused.
  const mayAsk = !username || username === 'default';
  const [info, save] = await withDeadline(
    Promise.all([
      node.info().catch(() => ''),
      mayAsk ? (node.config('GET', 'save').catch(() => []) as Promise<string[]>) : [],
    ]),
    PATIENCE_MS,
  ).catch(() => ['', []] as const);
  const { remoteAddress } = node.stream as { remoteAddress?: string };
  return findingsOf({
    info: parseInfo(info),
    save: save[1],
    address: remoteAddress,
    hasPassword: Boolean(password),
    isEncrypted: Boolean(tls),
  });
}

function parseInfo(text: string): Record<string, string> {
  const lines = text.split('\r\n').filter((line) => line.includes(':'));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  );
}

function evictionPolicy({ info: { maxmemory_policy: policy } }: ServerFacts): string | null {
  if (policy === undefined || policy === 'noeviction') return null;
  return (
    `Redis drops keys when its memory is full (maxmemory-policy ${policy}), and with them signs users out. ` +
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
    `Redis at ${address} lets everybody in who reaches its address, which is a public one. ` +
    'Set up an ACL user, and give "username" and "password" in the option "redis".'
  );
}

function noTls({ address, isEncrypted }: ServerFacts): string | null {
  if (isEncrypted || !address || isIn(LOOPBACK, address) || !isIP(address)) return null;
  return (
    `What is in sessions travels to Redis at ${address} unencrypted. ` +
    'Use a rediss:// URL, or the option "tls" of ioredis.'
  );
}

function noPersistence({ info: { aof_enabled: aof }, save }: ServerFacts): string | null {
  if (aof !== '0' || save !== '') return null;
  return (
    'Redis keeps nothing on disk, so its restart signs everybody out. ' +
    'Set appendonly to yes, or silence this where that is as it should be.'
  );
}

function oldVersion({
  info: { redis_version: version, valkey_version: valkey },
}: ServerFacts): string | null {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_VERSION;
  const isOld = major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
  if (!version || valkey || !isOld) return null;
  return `Redis ${version} gets no security fixes any more. Move to ${OLDEST_VERSION.join('.')} or later.`;
}

function memoryNearlyFull({ info }: ServerFacts): string | null {
  const [used, max] = [Number(info['used_memory']), Number(info['maxmemory'])];
  if (!(max > 0) || used < max * NEARLY_FULL_SHARE) return null;
  const percent = Math.round((used / max) * 100);
  return (
    `Redis has used ${percent} % of its maxmemory. When that is full, nobody can sign in. ` +
    'Raise maxmemory, or let sessions end sooner.'
  );
}

function isPublic(address: string | undefined): boolean {
  if (!address || !isIP(address)) return false;
  return !isIn(LOOPBACK, address) && !isIn(PRIVATE, address);
}

function isIn(list: BlockList, address: string): boolean {
  // How IPv6 sockets show IPv4.
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  return list.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
}
