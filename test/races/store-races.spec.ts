import { interleavings, storeRaces } from 'nestjs-redis-session/testing';
import { itOverlapping } from '../store/overlap.js';
import { topologies } from '../store/topologies.js';

const SEED = 20_260_101;

/** The others are the same store with the same scripts, over other connections. */
const IN_FULL = new Set(['memory', 'standalone Redis']);

describe.each(topologies)('races on $name', ({ name, open }) => {
  const [seeded, random] = IN_FULL.has(name) ? [150, 50] : [30, 10];
  itOverlapping(
    (openOne) => [
      // These take longest, and the others run beside them.
      interleavings(openOne, { seed: SEED, rounds: seeded }),
      interleavings(openOne, { rounds: random }),
      ...storeRaces(openOne),
    ],
    open,
    60_000,
  );
});
