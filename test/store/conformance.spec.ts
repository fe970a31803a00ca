import { sessionStoreConformance } from 'nestjs-redis-session/testing';
import { itOverlapping } from './overlap.js';
import { STORES } from './stores.js';

describe.each(STORES)('a store on $name', ({ open }) => itOverlapping(sessionStoreConformance, open));
