import { sessionStoreConformance } from 'nestjs-redis-session/testing';
import { itOverlapping } from './overlap.js';
import { topologies } from './topologies.js';

describe.each(topologies)('a store on $name', ({ open }) => itOverlapping(sessionStoreConformance, open));
