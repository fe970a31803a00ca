import type { Capacity } from './capacity.js';

/** The figures of one Redis, which `npm run bench:capacity -- --report` writes. */
export const MEASURED_CAPACITY: Capacity = {
  measuredOn: 'Redis 7.0.15 on AMD EPYC, 2 processes with 8 operations in flight each, 2026-11-27',
  cpuMicros: {
    read: 2.4,
    firstRead: 9.4,
    trackedRead: 6.5,
    touch: 13.2,
    write: 16.1,
    signIn: 26.8,
    signOut: 21.4,
  },
};
