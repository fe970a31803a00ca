import type { Alert } from '../alert.js';
import {
  app,
  BY_SERVER,
  HIT_RATE,
  LOOKUPS_PER_SECOND,
  otherApp,
  query,
  REDIS,
  SERVER_LABELS,
  WINDOW,
} from './shared.js';

const MEMORY_SHARE = 0.8;
const LAG_BYTES = 10_000_000;

export const memoryHigh: Alert = {
  name: 'SessionRedisMemoryHigh',
  severity: 'warning',
  expression: `${query.max('session.redis.memory.used', BY_SERVER)} / ${query.max('session.redis.memory.limit', BY_SERVER)} > ${MEMORY_SHARE}`,
  forMinutes: 5,
  summary: 'Redis has used 80 % of its memory',
  description:
    'Redis at {{ $labels.server_address }} has used {{ $value | humanizePercentage }} of its maxmemory. When it is full, users cannot sign in.',
  alarm: {
    metrics: {
      used: { name: 'session.redis.memory.used', statistic: 'Maximum' },
      limit: { name: 'session.redis.memory.limit', statistic: 'Maximum' },
    },
    expression: 'used / limit',
    comparison: 'GreaterThanThreshold',
    threshold: MEMORY_SHARE,
    periodMinutes: 1,
    periods: 5,
  },
  cases: [
    {
      title: 'memory at 85 % for six minutes',
      series: {
        [app.series('session.redis.memory.used', REDIS)]: '85+0x10',
        [app.series('session.redis.memory.limit', REDIS)]: '100+0x10',
      },
      afterMinutes: 6,
      fires: [{ labels: SERVER_LABELS, value: '85%' }],
    },
    {
      title: 'memory at 79 %, and a server without maxmemory',
      series: {
        [app.series('session.redis.memory.used', REDIS)]: '79+0x10',
        [app.series('session.redis.memory.limit', REDIS)]: '100+0x10',
        [app.series('session.redis.memory.used', { ...REDIS, 'server.port': '6380' })]: '1000+0x10',
      },
      afterMinutes: 10,
      fires: [],
    },
    {
      title: 'memory above 80 % for two minutes',
      series: {
        [app.series('session.redis.memory.used', REDIS)]: '50+0x3 90+0x1 50+0x10',
        [app.series('session.redis.memory.limit', REDIS)]: '100+0x20',
      },
      afterMinutes: 5,
      fires: [],
    },
  ],
};

export const evictions: Alert = {
  name: 'SessionRedisEvictions',
  severity: 'critical',
  expression: `${query.increase('session.redis.keys.evicted', BY_SERVER, {}, WINDOW)} > 0`,
  forMinutes: 0,
  summary: 'Redis evicts keys',
  description:
    'Redis at {{ $labels.server_address }} dropped keys because its memory is full. Sessions among them are signed out, and users may have more sessions than their limit.',
  alarm: {
    metrics: { evicted: { name: 'session.redis.keys.evicted', statistic: 'Sum' } },
    comparison: 'GreaterThanThreshold',
    threshold: 0,
    periodMinutes: 5,
    periods: 1,
  },
  cases: [
    {
      title: 'twelve evicted keys',
      series: { [app.series('session.redis.keys.evicted', REDIS)]: '0+0x5 12+0x5' },
      afterMinutes: 7,
      fires: [{ labels: SERVER_LABELS }],
    },
    {
      title: 'evictions before the window, and another process that takes over the sampling',
      series: {
        [app.series('session.redis.keys.evicted', REDIS)]: '500+0x5 _x10',
        [otherApp.series('session.redis.keys.evicted', REDIS)]: '_x6 500+0x10',
      },
      afterMinutes: 9,
      fires: [],
    },
  ],
};

export const redisHitRateLow: Alert = {
  name: 'SessionRedisHitRateLow',
  severity: 'warning',
  expression:
    `${query.rate('session.redis.keyspace.lookups', BY_SERVER, { 'session.redis.lookup.result': 'hit' })} / ${query.rate('session.redis.keyspace.lookups', BY_SERVER)} < ${HIT_RATE} ` +
    `and ${query.rate('session.redis.keyspace.lookups', BY_SERVER)} > ${LOOKUPS_PER_SECOND}`,
  forMinutes: 15,
  summary: 'Redis does not find the keys that it is queried for',
  description:
    'Redis at {{ $labels.server_address }} finds {{ $value | humanizePercentage }} of the keys that clients read. Sessions were lost, or clients present many tokens that were never issued.',
  alarm: {
    metrics: {
      hits: {
        name: 'session.redis.keyspace.lookups',
        attributes: { 'session.redis.lookup.result': 'hit' },
        statistic: 'Sum',
      },
      lookups: { name: 'session.redis.keyspace.lookups', statistic: 'Sum' },
    },
    expression: 'hits / lookups',
    comparison: 'LessThanThreshold',
    threshold: HIT_RATE,
    periodMinutes: 5,
    periods: 3,
  },
  cases: [
    {
      title: 'two in five lookups find no key',
      series: serverLookups('0+360x25', '0+240x25'),
      afterMinutes: 24,
      fires: [{ labels: SERVER_LABELS, value: '60%' }],
    },
    {
      title: 'one in ten lookups finds no key',
      series: serverLookups('0+540x25', '0+60x25'),
      afterMinutes: 24,
      fires: [],
    },
  ],
};

function serverLookups(hits: string, misses: string): Record<string, string> {
  const of = (result: string) =>
    app.series('session.redis.keyspace.lookups', { ...REDIS, 'session.redis.lookup.result': result });
  return { [of('hit')]: hits, [of('miss')]: misses };
}

export const replicationLag: Alert = {
  name: 'SessionRedisReplicationLag',
  severity: 'warning',
  expression: `${query.max('session.redis.replication.lag', BY_SERVER)} > ${LAG_BYTES}`,
  forMinutes: 5,
  summary: 'A replica is behind its master',
  description:
    'A replica of Redis at {{ $labels.server_address }} is {{ $value | humanize1024 }}B behind. A failover to it revives sessions that have ended since.',
  alarm: {
    metrics: { lag: { name: 'session.redis.replication.lag', statistic: 'Maximum' } },
    comparison: 'GreaterThanThreshold',
    threshold: LAG_BYTES,
    periodMinutes: 1,
    periods: 5,
  },
  cases: [
    {
      title: 'a replica that is 64 MiB behind',
      series: { [app.series('session.redis.replication.lag', REDIS)]: '67108864+0x10' },
      afterMinutes: 7,
      fires: [{ labels: SERVER_LABELS, value: '64Mi' }],
    },
    {
      title: 'a replica that is 1 MiB behind',
      series: { [app.series('session.redis.replication.lag', REDIS)]: '1048576+0x10' },
      afterMinutes: 7,
      fires: [],
    },
  ],
};
