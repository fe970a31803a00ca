import { interleavings, storeRaces } from 'nestjs-redis-session/testing';
import { topologies } from '../store/topologies.js';

const SEED = 20_260_101;

describe.each(topologies)('races on $name', ({ open }) => {
  for (const { name, run } of storeRaces(open)) it(name, run, 20_000);

  for (const { name, run } of [
    interleavings(open, { seed: SEED, rounds: 150 }),
    interleavings(open, { rounds: 50 }),
  ]) {
    it(name, run, 60_000);
  }
});
