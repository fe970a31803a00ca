import { interleavings, storeRaces } from 'nestjs-redis-session/testing';
import { itOverlapping } from '../store/overlap.js';
import { topologies } from '../store/topologies.js';

const SEED = 20_260_101;

describe.each(topologies)('races on $name', ({ open }) => {
  itOverlapping(
    (openOne) => [
      // These take longest, and the others run beside them.
      interleavings(openOne, { seed: SEED, rounds: 150 }),
      interleavings(openOne, { rounds: 50 }),
      ...storeRaces(openOne),
    ],
    open,
    60_000,
  );
});
