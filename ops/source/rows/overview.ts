import { board, SERVER, rateOf, maxOf, type Row } from '../panel.js';

const CLOSED = { 'session.store.breaker.state': 'closed' };

export const overview: Row = {
  title: 'Overview',
  panels: [
    {
      title: 'Live sessions',
      description: 'Estimated from a sample of the keys.',
      kind: 'stat',
      unit: 'short',
      queries: [maxOf('session.live.sessions', 'sessions')],
    },
    {
      title: 'Users with a session',
      description: 'Estimated from a sample of the keys.',
      kind: 'stat',
      unit: 'short',
      queries: [maxOf('session.live.users', 'users')],
    },
    {
      title: 'Requests',
      description: 'Requests of all kinds.',
      kind: 'stat',
      unit: 'reqps',
      queries: [rateOf('session.requests', 'requests')],
    },
    {
      title: 'Store latency, p99',
      description: 'One in a hundred calls to the store takes longer.',
      kind: 'stat',
      unit: 's',
      queries: [{ expression: board.quantile(0.99, 'db.client.operation.duration', []), legend: 'p99' }],
    },
    {
      title: 'Memory used',
      description: 'Of the setting maxmemory, on the fullest server.',
      kind: 'stat',
      unit: 'percentunit',
      queries: [
        {
          expression: `max (${board.max('session.redis.memory.used', SERVER)} / ${board.max('session.redis.memory.limit', SERVER)})`,
          legend: 'used',
        },
      ],
    },
    {
      title: 'Connected processes',
      description: 'Processes with a closed circuit breaker.',
      kind: 'stat',
      unit: 'short',
      queries: [{ expression: board.sum('session.store.breaker.state', [], CLOSED), legend: 'processes' }],
    },
  ],
};
