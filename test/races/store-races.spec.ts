import { interleavings, storeRaces } from 'nestjs-redis-session/testing';
import { itOverlapping } from '../store/overlap.js';
import { STORES } from '../store/stores.js';

const SEED = 20_260_101;

/** Stores without a cache: a store with a cache runs the same scripts and takes longer. */
const IN_FULL = new Set(['memory', 'standalone Redis']);

describe.each(STORES)('races on $name', ({ name, open }) => {
  const [seeded, random] = IN_FULL.has(name) ? [150, 50] : [30, 10];
  itOverlapping(
    (openOne) => [
      // These cases take longest, and the others run at the same time.
      interleavings(openOne, { seed: SEED, rounds: seeded }),
      interleavings(openOne, { rounds: random }),
      ...storeRaces(openOne),
    ],
    open,
    60_000,
  );
});
