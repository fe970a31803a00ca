import { interleavings, storeRaces } from 'nestjs-redis-session/testing';
import { itOverlapping } from '../store/overlap.js';
import { STORES } from '../store/stores.js';

const SEED = 20_260_101;

/** A store with a cache has the same scripts as one without, and takes longer. */
const IN_FULL = new Set(['memory', 'standalone Redis']);

describe.each(STORES)('races on $name', ({ name, open }) => {
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
