import { SessionCacheOptions } from './cache-options.js';
import type { CacheSettings } from '../cache/session-cache.js';
import { SessionOptionsError } from '../core/errors.js';
import type { TimeoutPolicy, TimeoutSource } from '../core/timeout-policy.js';
import type { LimitPolicy } from '../core/limit.js';
import { SAFETY_BOUND } from '../core/limit.js';
import type { AnonymousPolicy, RotationPolicy } from '../core/runtime.js';
import type { SizeLimits } from '../core/size.js';
import type { SessionStore } from '../core/store.js';
import type { UnknownFields } from '../core/field-codec.js';
import { problemsOfDataClass } from '../data/data-class.js';
import type { ValuePolicy } from '../data/json.codec.js';
import type { CookieSettings } from '../http/cookie.js';
import { resolveCookie, SessionCookieOptions } from './cookie-options.js';
import type { OutagePolicy } from '../http/request.js';
import { SessionModuleOptions } from './session-module-options.js';
import { checkGroup } from './check-group.js';
import { checkTimeouts } from './check-timeouts.js';
import { SessionAnonymousOptions, SessionDurabilityOptions, SessionLimitOptions } from './groups.js';
import { doubtUnit } from './duration.rule.js';
import { Problems } from './problems.js';
import type { RedisTarget, StartupPolicy } from '../redis/client.js';
import type { Durability } from '../redis/durable.js';
import { problemOfTarget } from '../redis/target.js';
import type { EvictionPolicy, ServerWarning } from '../redis/server-checks.js';
import type { Duration } from './duration.js';
import { toMs } from './duration.js';
import { isObject, received } from './rule.js';
import { absoluteSource, idleSource } from './timeouts.js';

/** Where sessions are kept. */
export type StoreChoice =
  | { readonly kind: 'memory'; readonly isByName: boolean }
  | { readonly kind: 'redis'; readonly target: RedisTarget }
  | { readonly kind: 'custom'; readonly store: SessionStore };

/** The options as the rest of the module sees them: complete, checked, frozen. */
export interface ResolvedOptions extends Pick<
  SessionModuleOptions,
  'data' | 'users' | 'passport' | 'device'
> {
  readonly store: StoreChoice;
  readonly prefix: string;
  readonly timeouts: TimeoutPolicy;
  readonly limit: LimitPolicy;
  readonly rotation: RotationPolicy;
  readonly keepDataOnSignIn: boolean;
  readonly values: ValuePolicy;
  readonly unknownFields: UnknownFields;
  readonly noStore: boolean;
  readonly cookie: CookieSettings;
  readonly noticeTtlMs: number;
  readonly deadlineMs: number;
  /** `null`: no cache. */
  readonly cache: CacheSettings | null;
  readonly onOutage: OutagePolicy;
  readonly startup: StartupPolicy;
  readonly durability: Durability | null;
  readonly size: SizeLimits;
  readonly anonymous: AnonymousPolicy;
  readonly silence: readonly ServerWarning[];
  readonly allowEviction: readonly EvictionPolicy[];
  /** What is accepted, and may be meant otherwise: sentences for the log. */
  readonly doubts: readonly string[];
}

/** Without a unit, a shorter one may be meant in seconds. */
const SHORTEST_USUAL_MS = { idle: 60_000, absolute: 60 * 60_000 };

/** Why an option without `redis` would do nothing. */
const NEEDS_REDIS = {
  prefix: 'Only sessions in Redis have keys.',
  cache: 'Sessions in memory need no cache, and a store of your own cannot tell of changes.',
  deadline: 'Only calls to Redis have a deadline here.',
  startup: 'Only Redis is waited for.',
  durability: 'Only Redis has replicas.',
  silence: 'Only Redis is warned of.',
  allowEviction: 'Only Redis evicts keys.',
} as const satisfies Partial<Record<keyof SessionModuleOptions, string>>;

/**
 * Checks the options and fills in the defaults.
 *
 * @param raw what the application gave
 * @throws SessionOptionsError that names every wrong option and every combination that cannot work or has no effect:
 * what was expected, what was received, and what to do
 */
export function resolveOptions(raw: SessionModuleOptions): ResolvedOptions {
  checkIsOptions(raw);
  const problems = new Problems();
  const options = checkGroup(problems, '', SessionModuleOptions, raw);
  checkStore(problems, options, raw);
  checkEffects(problems, options);
  checkData(problems, options);
  const cookie = resolveCookie(
    checkGroup(problems, 'cookie.', SessionCookieOptions, options.cookie ?? {}),
    problems,
  );
  const timeouts = {
    idleMs: idleSource(options.idle ?? '30m'),
    absoluteMs: absoluteSource(options.absolute ?? '12h'),
  };
  checkTimeouts(problems, timeouts, cookie.persistent);
  const size = resolveSize(problems, options);
  const deadlineMs = ms(options.deadline ?? '250ms');
  const resolved: ResolvedOptions = {
    store: chooseStore(options),
    prefix: options.prefix ?? 'session:',
    timeouts: Object.freeze(timeouts),
    limit: resolveLimit(problems, options),
    rotation: Object.freeze(resolveRotation(problems, options)),
    keepDataOnSignIn: options.keepDataOnSignIn ?? true,
    values: options.values ?? 'json',
    unknownFields: options.unknownFields ?? 'keep',
    noStore: options.noStore ?? false,
    cookie,
    noticeTtlMs: ms(options.endReasons ?? '10m'),
    cache: resolveCache(problems, options),
    deadlineMs,
    onOutage: options.onOutage ?? 'fail',
    startup: options.startup ?? 'fail',
    durability: resolveDurability(problems, options, deadlineMs),
    size: Object.freeze(size),
    anonymous: Object.freeze(resolveAnonymous(problems, options, timeouts, size)),
    silence: Object.freeze([...(options.silence ?? [])]),
    allowEviction: Object.freeze([...(options.allowEviction ?? [])]),
    doubts: Object.freeze(unitDoubts(options)),
    ...{ data: options.data, users: options.users, passport: options.passport, device: options.device },
  };
  problems.throwIfAny('session');
  return Object.freeze(resolved);
}

/** @throws SessionOptionsError when there are no options at all */
export function checkIsOptions(raw: unknown): void {
  if (isObject(raw)) return;
  throw new SessionOptionsError(
    `Wrong session options:\n- expected an object of options, received ${received(raw)}. ` +
      'Give the options to SessionModule.forRoot(), or return them from the factory of forRootAsync(). ' +
      'For the defaults alone, call forRoot() without an argument, or return {}.',
  );
}

function checkStore(problems: Problems, { redis, store }: SessionModuleOptions, raw: object): void {
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

/** What would do nothing is refused: an application may rely on it. */
function checkEffects(problems: Problems, options: SessionModuleOptions): void {
  if (options.redis === undefined && !problems.concern('redis')) {
    for (const [name, why] of Object.entries(NEEDS_REDIS)) {
      const value = options[name as keyof typeof NEEDS_REDIS];
      if (value === undefined || value === false || isEmptyArray(value)) continue;
      problems.add(
        name,
        `expected nothing unless "redis" is set, received one. ${why} Leave it out, or set "redis".`,
      );
    }
  }
  if (isObject(options.store) && options.endReasons !== undefined) {
    problems.add(
      'endReasons',
      'expected nothing beside a store of your own, received one. That store decides it. Leave it out.',
    );
  }
}

function checkData(problems: Problems, { data, unknownFields }: SessionModuleOptions): void {
  if (data) for (const sentence of problemsOfDataClass(data)) problems.add('data', sentence);
  else if (unknownFields !== undefined && !problems.concern('data')) {
    problems.add(
      'unknownFields',
      'expected nothing unless "data" is set, received one. Without a class all fields are unknown. ' +
        'Leave it out, or set "data".',
    );
  }
}

function isEmptyArray(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function chooseStore({ redis, store }: SessionModuleOptions): StoreChoice {
  if (redis !== undefined) return { kind: 'redis', target: redis };
  if (store === undefined || store === 'memory') return { kind: 'memory', isByName: store === 'memory' };
  return { kind: 'custom', store };
}

function resolveCache(problems: Problems, { cache }: SessionModuleOptions): CacheSettings | null {
  if (cache === undefined || cache === false) return null;
  const options = checkGroup(problems, 'cache.', SessionCacheOptions, cache === true ? {} : cache);
  return Object.freeze({
    maxEntries: options.maxEntries ?? 10_000,
    maxBytes: options.maxBytes ?? 32 * 1024 * 1024,
    stalenessMs: ms(options.staleness ?? '1s'),
  });
}

function resolveRotation(
  problems: Problems,
  { rotateEvery, rotationGrace, onTokenReuse }: SessionModuleOptions,
): RotationPolicy {
  const everyMs = rotateEvery === undefined ? null : ms(rotateEvery);
  const graceMs = ms(rotationGrace ?? '30s');
  if (everyMs === null && !problems.concern('rotateEvery')) {
    for (const [name, value] of Object.entries({ rotationGrace, onTokenReuse })) {
      if (value === undefined) continue;
      problems.add(
        name,
        'expected nothing unless "rotateEvery" is set, received one. Tokens are kept without it. ' +
          'Leave it out, or set "rotateEvery".',
      );
    }
  }
  if (everyMs !== null && everyMs < 2 * graceMs && !problems.concern('rotationGrace')) {
    problems.add(
      'rotateEvery',
      `expected at least twice the grace of an old token (${2 * graceMs} ms), received ${everyMs} ms. ` +
        'Lengthen "rotateEvery" or shorten "rotationGrace".',
    );
  }
  return { everyMs, graceMs, revokeOnReuse: onTokenReuse === 'revoke' };
}

function resolveSize(problems: Problems, { maxBytes, warnBytes }: SessionModuleOptions): SizeLimits {
  const size = { maxBytes: maxBytes ?? 64 * 1024, warnBytes: warnBytes ?? 4 * 1024 };
  if (warnBytes !== undefined && warnBytes !== Infinity && warnBytes > size.maxBytes) {
    problems.add(
      'warnBytes',
      `expected at most "maxBytes" (${size.maxBytes}), received ${warnBytes}. A session never gets that large. ` +
        'Lower it, or give Infinity for no warning.',
    );
  }
  return size;
}

function resolveLimit(problems: Problems, { limit }: SessionModuleOptions): LimitPolicy {
  if (!limit) return SAFETY_BOUND;
  return Object.freeze({
    ...checkGroup(problems, 'limit.', SessionLimitOptions, limit, ['max', 'onExceed']),
  });
}

function resolveAnonymous(
  problems: Problems,
  { anonymous = {} }: SessionModuleOptions,
  users: TimeoutPolicy,
  size: SizeLimits,
): AnonymousPolicy {
  const { idle, absolute, maxBytes } = checkGroup(problems, 'anonymous.', SessionAnonymousOptions, anonymous);
  const absoluteMs = absolute === undefined ? atMost(ms('4h'), users.absoluteMs) : ms(absolute);
  const idleMs = idle === undefined ? atMost(ms('15m'), users.idleMs) : ms(idle);
  const longestIdleMs = typeof absoluteMs === 'number' ? absoluteMs : Infinity;
  if (
    idle !== undefined &&
    ms(idle) > longestIdleMs &&
    !problems.concern('anonymous.idle', 'anonymous.absolute')
  ) {
    problems.add(
      'anonymous.idle',
      `expected at most the absolute timeout of an anonymous session (${longestIdleMs} ms), ` +
        `received ${ms(idle)} ms. Shorten "anonymous.idle" or lengthen "anonymous.absolute".`,
    );
  }
  if (maxBytes !== undefined && maxBytes > size.maxBytes && !problems.concern('maxBytes')) {
    problems.add(
      'anonymous.maxBytes',
      `expected at most "maxBytes" (${size.maxBytes}), received ${maxBytes}. Lower it, or raise "maxBytes".`,
    );
  }
  return {
    timeouts: Object.freeze({ idleMs: atMost(longestIdleMs, idleMs), absoluteMs }),
    maxBytes: maxBytes ?? Math.min(size.maxBytes, 8 * 1024),
  };
}

/** A timeout that is never longer than so many milliseconds, wherever it comes from. */
function atMost(longestMs: number, source: TimeoutSource): TimeoutSource {
  if (typeof source === 'number') return Math.min(longestMs, source);
  return async (question) => Math.min(longestMs, await source(question));
}

function resolveDurability(
  problems: Problems,
  { durability }: SessionModuleOptions,
  deadlineMs: number,
): Durability | null {
  if (!durability) return null;
  const { replicas, timeout } = checkGroup(problems, 'durability.', SessionDurabilityOptions, durability, [
    'replicas',
  ]);
  const timeoutMs = ms(timeout ?? '100ms');
  if (timeoutMs >= deadlineMs && !problems.concern('deadline', 'durability.timeout')) {
    problems.add(
      'durability.timeout',
      `expected less than the deadline of a call (${deadlineMs} ms), received ${timeoutMs} ms. ` +
        'Shorten it, or lengthen "deadline".',
    );
  }
  return Object.freeze({ replicas, timeoutMs });
}

/** Seconds, as other libraries have them: 1800 is 1.8 s here. */
function unitDoubts({ idle, absolute }: SessionModuleOptions): string[] {
  return [
    doubtUnit('idle', idle, SHORTEST_USUAL_MS.idle),
    doubtUnit('absolute', absolute, SHORTEST_USUAL_MS.absolute),
  ].filter((doubt) => doubt !== null);
}

/** A duration that has been checked. */
function ms(duration: Duration): number {
  return toMs(duration) as number;
}
