import { board, rateBy, rateOf, sumOf, shareOf, type Row } from '../panel.js';

const HITS = { 'session.cache.result': 'hit' };
const STALE = { 'session.cache.verification': 'stale' };

export const cache: Row = {
  title: 'Cache',
  panels: [
    {
      title: 'Lookups by result',
      description: 'Hits, misses, and lookups that bypassed the cache.',
      kind: 'stacked',
      unit: 'ops',
      queries: [rateBy('session.cache.lookups', 'session.cache.result')],
    },
    {
      title: 'Hit rate and stale reads',
      description: 'Share of hits, and share of stale sessions among the verified hits.',
      kind: 'lines',
      unit: 'percentunit',
      queries: [
        shareOf('session.cache.lookups', HITS, 'hits'),
        shareOf('session.cache.verifications', STALE, 'stale'),
      ],
    },
    {
      title: 'Invalidations, flushes and outages',
      description: 'Changes that Redis reported, flushes, and losses of the connection.',
      kind: 'lines',
      unit: 'ops',
      queries: [
        rateOf('session.cache.invalidations', 'invalidations'),
        rateOf('session.cache.flushes', 'flushes'),
        rateOf('session.cache.outages', 'outages'),
      ],
    },
    {
      title: 'State of the caches',
      description: 'Processes by the state of their cache.',
      kind: 'lines',
      unit: 'short',
      queries: [
        {
          expression: board.sum('session.cache.state', ['session.cache.state']),
          legend: '{{session_cache_state}}',
        },
      ],
    },
    {
      title: 'Cached sessions',
      description: 'Sessions in the caches of all processes.',
      kind: 'lines',
      unit: 'short',
      queries: [sumOf('session.cache.entries', 'sessions')],
    },
    {
      title: 'Memory of the caches',
      description: 'Approximate memory of the cached sessions.',
      kind: 'lines',
      unit: 'bytes',
      queries: [sumOf('session.cache.size', 'memory')],
    },
  ],
};
