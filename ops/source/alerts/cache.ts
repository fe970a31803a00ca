import type { Alert } from '../alert.js';
import { app, HIT_RATE, JOB, LOOKUPS_PER_SECOND, query } from './shared.js';

const STALE_SHARE = 0.005;

export const cacheHitRateLow: Alert = {
  name: 'SessionCacheHitRateLow',
  severity: 'warning',
  expression:
    `${query.rate('session.cache.lookups', ['job'], { 'session.cache.result': 'hit' })} / ${query.rate('session.cache.lookups', ['job'])} < ${HIT_RATE} ` +
    `and ${query.rate('session.cache.lookups', ['job'])} > ${LOOKUPS_PER_SECOND}`,
  forMinutes: 15,
  summary: 'The in-process cache answers too few requests',
  description:
    'The cache of {{ $labels.job }} has {{ $value | humanizePercentage }} of the sessions that requests need. The others are read from Redis.',
  alarm: {
    metrics: {
      hits: {
        name: 'session.cache.lookups',
        attributes: { 'session.cache.result': 'hit' },
        statistic: 'Sum',
      },
      lookups: { name: 'session.cache.lookups', statistic: 'Sum' },
    },
    expression: 'hits / lookups',
    comparison: 'LessThanThreshold',
    threshold: HIT_RATE,
    periodMinutes: 5,
    periods: 3,
  },
  cases: [
    {
      title: 'half of the lookups are hits',
      series: lookups({ hit: '0+300x25', miss: '0+250x25', bypass: '0+50x25' }),
      afterMinutes: 24,
      fires: [{ labels: JOB, value: '50%' }],
    },
    {
      title: 'nine in ten lookups are hits',
      series: lookups({ hit: '0+540x25', miss: '0+60x25', bypass: '0+0x25' }),
      afterMinutes: 24,
      fires: [],
    },
    {
      title: 'few lookups',
      series: lookups({ hit: '0+1x25', miss: '0+9x25', bypass: '0+0x25' }),
      afterMinutes: 24,
      fires: [],
    },
  ],
};

function lookups(results: Readonly<Record<string, string>>): Record<string, string> {
  const of = (result: string) => app.series('session.cache.lookups', { 'session.cache.result': result });
  return Object.fromEntries(Object.entries(results).map(([result, values]) => [of(result), values]));
}

export const staleReads: Alert = {
  name: 'SessionStaleReads',
  severity: 'critical',
  expression: `${query.rate('session.cache.verifications', ['job'], { 'session.cache.verification': 'stale' }, '30m')} / ${query.rate('session.cache.verifications', ['job'], {}, '30m')} > ${STALE_SHARE}`,
  forMinutes: 5,
  summary: 'The in-process cache returns stale sessions',
  description:
    '{{ $value | humanizePercentage }} of the verified hits in the cache of {{ $labels.job }} differ from Redis. A session that has ended may still be accepted.',
  alarm: {
    metrics: {
      stale: {
        name: 'session.cache.verifications',
        attributes: { 'session.cache.verification': 'stale' },
        statistic: 'Sum',
      },
      verified: { name: 'session.cache.verifications', statistic: 'Sum' },
    },
    expression: 'stale / verified',
    comparison: 'GreaterThanThreshold',
    threshold: STALE_SHARE,
    periodMinutes: 30,
    periods: 1,
  },
  cases: [
    {
      title: 'one in a hundred verified hits is stale',
      series: verifications('0+99x45', '0+1x45'),
      afterMinutes: 40,
      fires: [{ labels: JOB, value: '1%' }],
    },
    {
      title: 'one in a thousand verified hits is stale',
      series: verifications('0+999x45', '0+1x45'),
      afterMinutes: 40,
      fires: [],
    },
  ],
};

function verifications(current: string, stale: string): Record<string, string> {
  const of = (result: string) =>
    app.series('session.cache.verifications', { 'session.cache.verification': result });
  return { [of('current')]: current, [of('stale')]: stale };
}
