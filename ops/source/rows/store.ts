import { board, rateBy, quantilesOf, type Row } from '../panel.js';

export const store: Row = {
  title: 'Store',
  panels: [
    {
      title: 'Latency',
      description: 'Duration of calls to the store.',
      kind: 'lines',
      unit: 's',
      queries: quantilesOf('db.client.operation.duration'),
    },
    {
      title: 'Latency by operation, p99',
      description: 'Duration of calls to the store.',
      kind: 'lines',
      unit: 's',
      queries: [
        {
          expression: board.quantile(0.99, 'db.client.operation.duration', ['db.operation.name']),
          legend: '{{db_operation_name}}',
        },
      ],
    },
    {
      title: 'Calls by operation',
      description: 'Calls that reached the store. Each is one command of Redis.',
      kind: 'stacked',
      unit: 'ops',
      queries: [rateBy('session.store.calls', 'db.operation.name')],
    },
    {
      title: 'Failures by cause',
      description: 'Calls that failed, with those that the circuit breaker stopped.',
      kind: 'stacked',
      unit: 'ops',
      queries: [rateBy('session.store.failures', 'error.type')],
    },
    {
      title: 'Circuit breakers and outages',
      description: 'Processes by the state of their breaker, and the outages that they saw.',
      kind: 'lines',
      unit: 'short',
      queries: [
        {
          expression: board.sum('session.store.breaker.state', ['session.store.breaker.state']),
          legend: '{{session_store_breaker_state}}',
        },
        {
          expression: board.increase('session.store.outages', [], {}, '$__rate_interval'),
          legend: 'outages',
        },
      ],
    },
    {
      title: 'Decisions during outages',
      description: 'What happened to requests while the store failed.',
      kind: 'stacked',
      unit: 'reqps',
      queries: [rateBy('session.outage.decisions', 'session.outage.decision')],
    },
  ],
};
