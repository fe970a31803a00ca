import type { Alert } from '../alert.js';
import { PromQL } from '../promql.js';
import { app, INSTANCE, JOB, query, WINDOW } from './shared.js';

const LATENCY_SECONDS = 0.05;
const FAILURE_SHARE = 0.01;
/** The operations that requests wait for. Those of administrators take longer by their nature. */
const OF_REQUESTS = ['load', 'create', 'commit', 'touch', 'increment', 'compareAndSet', 'rotate', 'signIn'];

export const unreachable: Alert = {
  name: 'SessionRedisUnreachable',
  severity: 'critical',
  // An open breaker is half-open for moments, so "not closed" is the steady sign.
  expression: `${query.max('session.store.breaker.state', ['job', 'instance'], { 'session.store.breaker.state': 'closed' })} == 0`,
  forMinutes: 1,
  summary: 'A process cannot reach Redis',
  description:
    'The circuit breaker of {{ $labels.instance }} is open: Redis does not answer, and requests get what the option "outage.policy" says.',
  alarm: {
    metrics: {
      closed: {
        name: 'session.store.breaker.state',
        attributes: { 'session.store.breaker.state': 'closed' },
        statistic: 'Minimum',
      },
    },
    comparison: 'LessThanThreshold',
    threshold: 1,
    periodMinutes: 1,
    periods: 2,
  },
  cases: [
    {
      title: 'a breaker that is open, and half-open at one scrape',
      series: breakers({ closed: '1+0x3 0+0x6', open: '0+0x3 1 1 0 1 1', 'half-open': '0+0x5 1 0 0' }),
      afterMinutes: 6,
      fires: [{ labels: INSTANCE }],
    },
    {
      title: 'a breaker that was open at one scrape',
      series: breakers({ closed: '1+0x3 0 1+0x5', open: '0+0x3 1 0+0x5', 'half-open': '0+0x9' }),
      afterMinutes: 6,
      fires: [],
    },
  ],
};

function breakers(states: Readonly<Record<string, string>>): Record<string, string> {
  const of = (state: string) =>
    app.series('session.store.breaker.state', { 'session.store.breaker.state': state });
  return Object.fromEntries(Object.entries(states).map(([state, values]) => [of(state), values]));
}

export const failures: Alert = {
  name: 'SessionStoreFailures',
  severity: 'critical',
  expression: `${query.rate('session.store.failures', ['job'])} / ${query.rate('session.store.calls', ['job'])} > ${FAILURE_SHARE}`,
  forMinutes: 2,
  summary: 'Calls to the session store fail',
  description:
    '{{ $value | humanizePercentage }} of the calls to the session store of {{ $labels.job }} fail. The metric session_store_failures_total has the causes.',
  alarm: {
    metrics: {
      failures: { name: 'session.store.failures', statistic: 'Sum' },
      calls: { name: 'session.store.calls', statistic: 'Sum' },
    },
    expression: 'failures / calls',
    comparison: 'GreaterThanThreshold',
    threshold: FAILURE_SHARE,
    periodMinutes: 1,
    periods: 2,
  },
  cases: [
    {
      title: 'one call in twenty is rejected because Redis is out of memory',
      series: {
        [app.series('session.store.failures', { 'error.type': 'oom' })]: '0+5x12',
        [app.series('session.store.calls', { 'db.operation.name': 'load' })]: '0+60x12',
        [app.series('session.store.calls', { 'db.operation.name': 'commit' })]: '0+40x12',
      },
      afterMinutes: 10,
      fires: [{ labels: JOB, value: '5%' }],
    },
    {
      title: 'one call in a thousand misses its deadline',
      series: {
        [app.series('session.store.failures', { 'error.type': 'timeout' })]: '0+1x12',
        [app.series('session.store.calls', { 'db.operation.name': 'load' })]: '0+1000x12',
      },
      afterMinutes: 10,
      fires: [],
    },
  ],
};

export const latencyHigh: Alert = {
  name: 'SessionStoreLatencyHigh',
  severity: 'warning',
  expression: `${query.quantile(0.99, 'db.client.operation.duration', ['job'], { 'db.operation.name': OF_REQUESTS })} > ${LATENCY_SECONDS}`,
  forMinutes: 5,
  summary: 'Calls to the session store are slow',
  description:
    'One in a hundred calls to the session store of {{ $labels.job }} takes {{ $value | humanizeDuration }} or longer. Every request waits for them.',
  alarm: {
    metrics: {
      duration: {
        name: 'db.client.operation.duration',
        attributes: { 'db.operation.name': 'load' },
        statistic: 'Average',
      },
    },
    comparison: 'GreaterThanThreshold',
    // The exporter sends no percentiles of a histogram.
    threshold: LATENCY_SECONDS / 5,
    periodMinutes: 1,
    periods: 5,
  },
  cases: [
    {
      title: 'one call in ten takes between 100 and 250 ms',
      series: latencies({ '0.05': '0+90x12', '0.1': '0+90x12', '0.25': '0+100x12', '+Inf': '0+100x12' }),
      afterMinutes: 11,
      fires: [{ labels: JOB, value: '235ms' }],
    },
    {
      title: 'all calls take less than 25 ms',
      series: latencies({ '0.025': '0+100x12', '0.05': '0+100x12', '+Inf': '0+100x12' }),
      afterMinutes: 11,
      fires: [],
    },
    {
      title: 'only the end of the sessions of everyone takes long',
      series: latencies({ '0.025': '0+0x12', '1': '0+100x12', '+Inf': '0+100x12' }, 'revokeEveryone'),
      afterMinutes: 11,
      fires: [],
    },
  ],
};

/** Returns cumulative buckets of calls, by their upper bounds. */
function latencies(buckets: Readonly<Record<string, string>>, operation = 'load'): Record<string, string> {
  const at = (bound: string) =>
    new PromQL([`le="${bound}"`, 'instance="app-1:3000"', 'job="shop"'], WINDOW).series(
      'db.client.operation.duration',
      { 'db.operation.name': operation },
      '_bucket',
    );
  return Object.fromEntries(Object.entries(buckets).map(([bound, values]) => [at(bound), values]));
}
