import { interleavings, sessionStoreConformance, storeRaces } from 'nestjs-redis-session/testing';
import { itOverlapping } from '../store/overlap.js';
import { canRunTopologies } from '../support/redis-node.js';
import { STORES } from './support/stores.js';

const SEED = 20_260_101;

const onTopologies = canRunTopologies ? describe : describe.skip;

onTopologies.each(STORES)('a store on $name', ({ open }) => {
  itOverlapping(
    (openOne) => [
      // These cases take longest, and the others run at the same time.
      interleavings(openOne, { seed: SEED, rounds: 30 }),
      interleavings(openOne, { rounds: 10 }),
      ...sessionStoreConformance(openOne).filter(({ crossesShards }) => crossesShards),
      ...storeRaces(openOne).filter(({ crossesShards }) => crossesShards),
    ],
    open,
    60_000,
  );
});
