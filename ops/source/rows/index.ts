import type { Row } from '../panel.js';
import { cache } from './cache.js';
import { correctness } from './correctness.js';
import { overview } from './overview.js';
import { redis } from './redis.js';
import { requests } from './requests.js';
import { sessions } from './sessions.js';
import { store } from './store.js';

/** The rows of the board. Each metric of the catalogue is in at least one panel. */
export const ROWS: readonly Row[] = [overview, requests, sessions, correctness, store, cache, redis];
