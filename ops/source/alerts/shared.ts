import { PromQL } from '../promql.js';

/** The window of rates, unless a rule has a reason for another one. */
export const WINDOW = '5m';

/** Writes the conditions. */
export const query = new PromQL([], WINDOW);

/** Writes the series of one process, for the cases. */
export const app = new PromQL(['instance="app-1:3000"', 'job="shop"'], WINDOW);
export const otherApp = new PromQL(['instance="app-2:3000"', 'job="shop"'], WINDOW);
export const JOB = { job: 'shop' };
export const INSTANCE = { job: 'shop', instance: 'app-1:3000' };

/** The attributes of one server in the cases, and its labels in an alert. */
export const REDIS = { 'server.address': 'redis-1', 'server.port': '6379' };
export const SERVER_LABELS = { job: 'shop', server_address: 'redis-1', server_port: '6379' };
export const BY_SERVER = ['job', 'server.address', 'server.port'] as const;

/** The share of lookups that find what they look for, below which a rule alerts. */
export const HIT_RATE = 0.8;
/** A hit rate of fewer lookups says little. */
export const LOOKUPS_PER_SECOND = 1;
