import type { SessionStore } from '../core/store/store.js';
import type { RedisTarget } from '../redis/client.js';
import { problemOfTarget } from '../redis/target.js';
import type { Problems } from './problems.js';
import { isObject } from './rule.js';
import type { SessionModuleOptions } from './session-module-options.js';

/** The place where sessions are kept. */
export type StoreChoice =
  | { readonly kind: 'memory'; readonly isByName: boolean }
  | { readonly kind: 'redis'; readonly target: RedisTarget }
  | { readonly kind: 'custom'; readonly store: SessionStore };

/** Options that have no effect without `redis`, each with the reason. */
const NEEDS_REDIS: Readonly<Record<string, string>> = {
  prefix: 'Only sessions in Redis have keys.',
  cache: 'Sessions in memory need no cache, and a custom store cannot report changes.',
  durability: 'Only Redis has replicas.',
  'outage.deadline': 'Only calls to Redis have a deadline here.',
  'outage.startup': 'Only Redis is waited for.',
  'redisChecks.ignore': 'Only Redis is checked.',
  'redisChecks.allowEviction': 'Only Redis evicts keys.',
};

/** Returns the store that valid options choose. */
export function chooseStore({ redis, store }: SessionModuleOptions): StoreChoice {
  if (redis !== undefined) return { kind: 'redis', target: redis };
  if (store === undefined || store === 'memory') return { kind: 'memory', isByName: store === 'memory' };
  return { kind: 'custom', store };
}

/**
 * Checks the options `redis` and `store`, and refuses options that the chosen store ignores, because an application may
 * rely on them.
 *
 * @param given the valid ones of the options
 * @param raw the options as the application passed them
 */
export function checkStore(problems: Problems, given: SessionModuleOptions, raw: object): void {
  checkTarget(problems, given, raw);
  if (given.redis === undefined && !problems.concern('redis')) checkNeedsRedis(problems, given);
  if (isObject(given.store) && given.endReasons !== undefined) {
    problems.add(
      'endReasons',
      'expected nothing beside a custom store, received one. That store decides it. Leave it out.',
    );
  }
}

function checkTarget(problems: Problems, { redis, store }: SessionModuleOptions, raw: object): void {
  if (problems.concern('redis', 'store')) return;
  const problem = redis === undefined ? null : problemOfTarget(redis);
  if (problem) problems.add('redis', problem);
  if (redis !== undefined && store !== undefined) {
    problems.add('store', 'expected nothing beside "redis", received both. Leave one of them out.');
  }
  if (redis !== undefined || store !== undefined) return;
  const name = ['redis', 'store'].find((option) => option in raw);
  if (name === undefined) return;
  problems.add(
    name,
    'expected a value, received undefined. Set the variable that it comes from. ' +
      "For sessions in this process's memory, leave it out or say so: store: 'memory'.",
  );
}

function checkNeedsRedis(problems: Problems, given: SessionModuleOptions): void {
  for (const [path, why] of Object.entries(NEEDS_REDIS)) {
    const value = valueAt(given, path);
    if (value === undefined || value === false || isEmptyArray(value)) continue;
    problems.add(
      path,
      `expected nothing unless "redis" is set, received one. ${why} Leave it out, or set "redis".`,
    );
  }
}

function valueAt(options: object, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), options);
}

function isEmptyArray(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
