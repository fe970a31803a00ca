import { rateBy, maxOf, quantilesOf, type Row } from '../panel.js';

export const sessions: Row = {
  title: 'Sessions',
  panels: [
    {
      title: 'Live sessions and users',
      description: 'Estimated from a sample of the keys.',
      kind: 'lines',
      unit: 'short',
      queries: [maxOf('session.live.sessions', 'sessions'), maxOf('session.live.users', 'users')],
    },
    {
      title: 'Error of the estimate',
      description: 'Half of the 95 % confidence interval, relative to the number of sessions.',
      kind: 'lines',
      unit: 'percentunit',
      queries: [maxOf('session.live.error', 'error')],
    },
    {
      title: 'Sign-ins by outcome',
      description: 'New sessions, repeated requests, and refusals by the limit.',
      kind: 'stacked',
      unit: 'ops',
      queries: [rateBy('session.sign_ins', 'session.sign_in.outcome')],
    },
    {
      title: 'Created sessions',
      description: 'Sessions that began, by kind.',
      kind: 'stacked',
      unit: 'ops',
      queries: [rateBy('session.created', 'session.state')],
    },
    {
      title: 'Ended sessions by reason',
      description: 'Sessions that a user or the application ended. Timeouts are not counted.',
      kind: 'stacked',
      unit: 'ops',
      queries: [rateBy('session.ended', 'session.end.reason')],
    },
    {
      title: 'Exchanged tokens',
      description: 'Rotations on a timer, and tokens that the application exchanged.',
      kind: 'stacked',
      unit: 'ops',
      queries: [rateBy('session.tokens.exchanged', 'session.token.exchange')],
    },
    {
      title: 'Size of a session',
      description: 'Size of the fields at each write.',
      kind: 'lines',
      unit: 'bytes',
      queries: quantilesOf('session.size'),
    },
    {
      title: 'Problems',
      description: 'Events that need attention and refuse nothing.',
      kind: 'stacked',
      unit: 'ops',
      queries: [rateBy('session.problems', 'session.problem')],
    },
  ],
};
