import { sessionStoreConformance } from 'nestjs-redis-session/testing';
import { topologies } from './topologies.js';

describe.each(topologies)('a store on $name', ({ open }) => {
  for (const { name, run } of sessionStoreConformance(open)) it(name, run);
});
