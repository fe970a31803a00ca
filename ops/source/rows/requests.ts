import { board, rateBy, type Row } from '../panel.js';

export const requests: Row = {
  title: 'Requests',
  panels: [
    {
      title: 'Requests by session',
      description: 'Requests by the session that they came with.',
      kind: 'stacked',
      unit: 'reqps',
      queries: [rateBy('session.requests', 'session.state')],
    },
    {
      title: 'Refusals by reason',
      description: 'Tokens, sign-ins, writes and requests that were refused.',
      kind: 'stacked',
      unit: 'ops',
      queries: [rateBy('session.refusals', 'session.refusal.reason')],
    },
    {
      title: 'Commands per request',
      description: 'Calls that reached the store, over requests.',
      kind: 'lines',
      unit: 'short',
      queries: [
        {
          expression: `${board.rate('session.store.calls', [])} / ${board.rate('session.requests', [])}`,
          legend: 'commands',
        },
      ],
    },
  ],
};
