import { rateBy, rateOf, type Row } from '../panel.js';

export const correctness: Row = {
  title: 'Correctness',
  panels: [
    {
      title: 'Conflicts of atomic updates',
      description: 'Updates that met another one: those that ran again, and those that gave up.',
      kind: 'stacked',
      unit: 'ops',
      queries: [rateBy('session.conflicts', 'session.conflict.outcome')],
    },
    {
      title: 'Late writes and resurrections',
      description: 'Writes to sessions that had ended, and sessions that slow requests would have revived.',
      kind: 'lines',
      unit: 'ops',
      queries: [
        rateOf('session.late_writes.refused', 'late writes refused'),
        rateOf('session.resurrections.prevented', 'resurrections prevented'),
      ],
    },
    {
      title: 'Races',
      description:
        'Commits that met a newer record and kept both changes, and sign-ins that met at the limit.',
      kind: 'lines',
      unit: 'ops',
      queries: [
        rateOf('session.lost_updates.avoided', 'lost updates avoided'),
        rateOf('session.limit_races.resolved', 'limit races resolved'),
      ],
    },
  ],
};
