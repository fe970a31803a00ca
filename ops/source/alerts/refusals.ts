import type { Alert } from '../alert.js';
import { app, JOB, query } from './shared.js';

const REFUSALS_PER_SECOND = 1;
const REFUSAL_FACTOR = 4;
/** Signs that a token or an id of a session is in the wrong hands. */
const THEFT = { 'session.refusal.reason': ['reused-token', 'forged-token'] };

const BY_REASON = ['job', 'session.refusal.reason'] as const;
const refusalsNow = query.rate('session.refusals', BY_REASON);

export const refusalSpike: Alert = {
  name: 'SessionRefusalSpike',
  severity: 'warning',
  // A reason that is new has no past, which counts as none.
  expression:
    `${refusalsNow} > ${REFUSALS_PER_SECOND} ` +
    `and ${refusalsNow} > ${REFUSAL_FACTOR} * (sum by (job, session_refusal_reason) (rate(${query.series('session.refusals')}[1h] offset 5m)) or 0 * ${refusalsNow})`,
  forMinutes: 5,
  summary: 'More is refused than usual',
  description:
    '{{ $labels.job }} refuses {{ $value | humanize }} requests a second for the reason {{ $labels.session_refusal_reason }}, at least four times as many as in the last hour.',
  alarm: {
    metrics: { refusals: { name: 'session.refusals', statistic: 'Sum' } },
    comparison: 'GreaterThanThreshold',
    threshold: REFUSALS_PER_SECOND * 300,
    periodMinutes: 5,
    periods: 2,
  },
  cases: [
    {
      title: 'refusals of unknown tokens that rise from 6 to 600 a minute',
      series: refusals({ 'unknown-token': '0+6x75 1056+600x15' }),
      afterMinutes: 88,
      fires: [{ labels: { ...JOB, session_refusal_reason: 'unknown-token' }, value: '10' }],
    },
    {
      title: 'refusals for a new reason',
      series: refusals({ 'malformed-token': '_x20 0+600x20' }),
      afterMinutes: 33,
      fires: [{ labels: { ...JOB, session_refusal_reason: 'malformed-token' }, value: '10' }],
    },
    {
      title: 'many refusals, as usual',
      series: refusals({ 'not-signed-in': '0+600x90' }),
      afterMinutes: 88,
      fires: [],
    },
    {
      title: 'few refusals, and more than usual',
      series: refusals({ limit: '0+0x75 0+10x15' }),
      afterMinutes: 88,
      fires: [],
    },
  ],
};

function refusals(reasons: Readonly<Record<string, string>>): Record<string, string> {
  const of = (reason: string) => app.series('session.refusals', { 'session.refusal.reason': reason });
  return Object.fromEntries(Object.entries(reasons).map(([reason, values]) => [of(reason), values]));
}

const theft = query.series('session.refusals', THEFT);

export const theftSignal: Alert = {
  name: 'SessionTheftSignal',
  severity: 'warning',
  // The first refusal of a process may create the series, whose increase is 0 then.
  expression:
    `${query.increase('session.refusals', BY_REASON, THEFT, '15m')} > 0 ` +
    `or sum by (job, session_refusal_reason) (${theft} unless ${theft} offset 15m) > 0`,
  forMinutes: 0,
  summary: 'A token may have been stolen',
  description:
    '{{ $labels.job }} refused a {{ $labels.session_refusal_reason }}: a client used a token after its grace period, or guessed at the token of a session that exists.',
  alarm: {
    metrics: {
      reused: {
        name: 'session.refusals',
        attributes: { 'session.refusal.reason': 'reused-token' },
        statistic: 'Sum',
      },
      forged: {
        name: 'session.refusals',
        attributes: { 'session.refusal.reason': 'forged-token' },
        statistic: 'Sum',
      },
    },
    expression: 'FILL(reused, 0) + FILL(forged, 0)',
    comparison: 'GreaterThanThreshold',
    threshold: 0,
    periodMinutes: 15,
    periods: 1,
  },
  cases: [
    {
      title: 'one reused token',
      series: refusals({ 'reused-token': '0+0x20 1+0x20' }),
      afterMinutes: 25,
      fires: [{ labels: { ...JOB, session_refusal_reason: 'reused-token' } }],
    },
    {
      title: 'one forged token, the first refusal of the process',
      series: refusals({ 'forged-token': '_x20 1+0x20' }),
      afterMinutes: 25,
      fires: [{ labels: { ...JOB, session_refusal_reason: 'forged-token' } }],
    },
    {
      title: 'a reused token an hour ago, and tokens of sessions that have ended',
      series: refusals({ 'reused-token': '0 1+0x80', 'ended-session': '0+10x80' }),
      afterMinutes: 70,
      fires: [],
    },
  ],
};
