import type { ServerFigures } from '../redis/server-figures.js';
import type { Metric } from './metric.js';

/** The attributes of every metric of a server. Each server has its own values. */
const OF_SERVER = { 'server.address': [], 'server.port': [] } as const;
const RESULT = 'session.redis.lookup.result';
const DIRECTION = 'network.io.direction';

/** The metrics of the Redis servers. One process at a time reports them. */
export const SERVER = [
  {
    name: 'session.redis.memory.used',
    kind: 'gauge',
    unit: 'By',
    description: "Memory of the data and of Redis' own structures.",
    attributes: OF_SERVER,
  },
  {
    name: 'session.redis.memory.resident',
    kind: 'gauge',
    unit: 'By',
    description: 'Memory that the operating system has given to the server.',
    attributes: OF_SERVER,
  },
  {
    name: 'session.redis.memory.limit',
    kind: 'gauge',
    unit: 'By',
    description: 'The setting maxmemory of the server, if it has one.',
    attributes: OF_SERVER,
  },
  {
    name: 'session.redis.memory.fragmentation',
    kind: 'gauge',
    unit: '1',
    description: 'Resident memory as a multiple of used memory.',
    attributes: OF_SERVER,
  },
  {
    name: 'session.redis.keys.stored',
    kind: 'gauge',
    unit: '{key}',
    description: 'Keys in the database of the sessions.',
    attributes: OF_SERVER,
  },
  {
    name: 'session.redis.keys.without_lifetime',
    kind: 'gauge',
    unit: '{key}',
    description: 'Keys in the database of the sessions that never expire. This package writes none.',
    attributes: OF_SERVER,
  },
  {
    name: 'session.redis.keys.evicted',
    kind: 'counter',
    unit: '{key}',
    description: 'Keys that the server dropped because its memory was full.',
    attributes: OF_SERVER,
  },
  {
    name: 'session.redis.keyspace.lookups',
    kind: 'counter',
    unit: '{lookup}',
    description: 'Lookups of keys on the server, by result.',
    attributes: { ...OF_SERVER, [RESULT]: ['hit', 'miss'] },
  },
  {
    name: 'session.redis.clients.connected',
    kind: 'gauge',
    unit: '{connection}',
    description: 'Connections of clients to the server.',
    attributes: OF_SERVER,
  },
  {
    name: 'session.redis.network.io',
    kind: 'counter',
    unit: 'By',
    description: 'Bytes that the server received and sent.',
    attributes: { ...OF_SERVER, [DIRECTION]: ['receive', 'transmit'] },
  },
  {
    name: 'session.redis.replicas.connected',
    kind: 'gauge',
    unit: '{replica}',
    description: 'Replicas that are connected to the server.',
    attributes: OF_SERVER,
  },
  {
    name: 'session.redis.replication.lag',
    kind: 'gauge',
    unit: 'By',
    description: 'Bytes that the slowest replica has not confirmed, if the server has replicas.',
    attributes: OF_SERVER,
  },
] as const satisfies readonly Metric[];

/** One value of a metric, with its attributes. */
export interface Observation {
  readonly name: (typeof SERVER)[number]['name'];
  readonly value: number;
  readonly attributes: Readonly<Record<string, string | number>>;
}

/** Returns the values of the metrics of a server. Figures that the server does not report have none. */
export function observationsOf(figures: ServerFigures): Observation[] {
  const { address, port } = figures;
  const server = { 'server.address': address, ...(port !== null && { 'server.port': port }) };
  return valuesOf(figures).flatMap(([name, value, attributes]) =>
    value === null ? [] : [{ name, value, attributes: { ...server, ...attributes } }],
  );
}

function valuesOf(
  figures: ServerFigures,
): (readonly [Observation['name'], number | null, Observation['attributes']?])[] {
  return [
    ['session.redis.memory.used', figures.memoryUsedBytes],
    ['session.redis.memory.resident', figures.memoryResidentBytes],
    ['session.redis.memory.limit', figures.memoryLimitBytes],
    ['session.redis.memory.fragmentation', figures.fragmentationRatio],
    ['session.redis.keys.stored', figures.keys],
    ['session.redis.keys.without_lifetime', figures.keysWithoutLifetime],
    ['session.redis.keys.evicted', figures.evictedKeys],
    ['session.redis.keyspace.lookups', figures.keyspaceHits, { [RESULT]: 'hit' }],
    ['session.redis.keyspace.lookups', figures.keyspaceMisses, { [RESULT]: 'miss' }],
    ['session.redis.clients.connected', figures.connectedClients],
    ['session.redis.network.io', figures.networkInputBytes, { [DIRECTION]: 'receive' }],
    ['session.redis.network.io', figures.networkOutputBytes, { [DIRECTION]: 'transmit' }],
    ['session.redis.replicas.connected', figures.replicas],
    ['session.redis.replication.lag', figures.replicationLagBytes],
  ];
}
