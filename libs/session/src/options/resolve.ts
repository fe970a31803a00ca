import type { CacheSettings } from '../cache/session-cache.js';
import { SessionOptionsError } from '../core/errors/errors.js';
import type { LimitPolicy } from '../core/runtime/limit.js';
import type { AnonymousPolicy, RotationPolicy } from '../core/runtime/runtime.js';
import type { SizeLimits } from '../core/record/size.js';
import type { TimeoutPolicy } from '../core/runtime/timeout-policy.js';
import type { CookieSettings } from '../http/cookie.js';
import type { CsrfPolicy } from '../http/csrf/csrf-policy.js';
import type { ExclusionTest } from '../http/exclusion.js';
import { exclusionTest } from '../http/exclusion.js';
import type { SessionLoading } from '../http/request.js';
import type { ResponseHeaders } from '../http/request-session.js';
import type { Durability } from '../redis/durable.js';
import type { SessionTelemetry } from '../telemetry/telemetry.js';
import { resolveAnonymous } from './anonymous-options.js';
import { resolveCache } from './cache-options.js';
import { checkGroup } from './check-group.js';
import { checkTimeouts } from './check-timeouts.js';
import { resolveCookie } from './cookie-options.js';
import { resolveCsrf } from './csrf-options.js';
import { type DataClassCheck, resolveData, type ResolvedData } from './data-options.js';
import { resolveDurability } from './durability-options.js';
import { toMs } from './duration.js';
import { unitWarning } from './duration-rule.js';
import { resolveLimit } from './limit-options.js';
import { type Complete, withDefaults } from './options-class.js';
import { resolveOutage, type ResolvedOutage } from './outage-options.js';
import { Problems } from './problems.js';
import { type ResolvedRedisChecks, resolveRedisChecks } from './redis-checks-options.js';
import { resolveResponses } from './responses-options.js';
import { resolveRotation } from './rotation-options.js';
import { isObject, received } from './rule.js';
import { SessionModuleOptions } from './session-module-options.js';
import { resolveSize } from './size-options.js';
import { checkStore, chooseStore, type StoreChoice } from './store-choice.js';
import { absoluteSource, idleSource } from './timeouts.js';

/** The options as the rest of the module uses them: complete, checked, frozen. */
export interface ResolvedOptions extends Pick<SessionModuleOptions, 'users' | 'passport' | 'device'> {
  readonly store: StoreChoice;
  readonly prefix: string;
  readonly timeouts: TimeoutPolicy;
  readonly anonymous: AnonymousPolicy;
  readonly rotation: RotationPolicy;
  readonly limit: LimitPolicy;
  readonly cookie: CookieSettings;
  readonly responses: ResponseHeaders;
  readonly csrf: CsrfPolicy;
  readonly data: ResolvedData;
  readonly size: SizeLimits;
  readonly noticeTtlMs: number;
  /** `null`: no cache. */
  readonly cache: CacheSettings | null;
  readonly load: SessionLoading;
  /** `null`: every request gets a session. */
  readonly exclude: ExclusionTest | null;
  readonly outage: ResolvedOutage;
  readonly durability: Durability | null;
  readonly redisChecks: ResolvedRedisChecks;
  /** `null`: no backend of metrics. */
  readonly telemetry: SessionTelemetry | null;
  /** Sentences for the log about values that are accepted and may be a mistake. */
  readonly warnings: readonly string[];
}

/** The options at the top level that have a default. The defaults of groups are in the groups. */
type HasDefault = 'prefix' | 'idle' | 'absolute' | 'load' | 'endReasons';
type NoDefault = Exclude<keyof SessionModuleOptions, HasDefault>;

/** Numbers below these, without a unit, may be meant as seconds. */
const SHORTEST_USUAL_MS = { idle: 60_000, absolute: 60 * 60_000 };

/**
 * Checks the options and fills in the defaults.
 *
 * @param raw the options as the application passed them
 * @param problemsOfClass checks a data class. By default every class is accepted
 * @throws SessionOptionsError that names every wrong option and every combination that cannot work or has no effect:
 * what was expected, what was received, and what to do
 */
export function resolveOptions(
  raw: SessionModuleOptions,
  problemsOfClass: DataClassCheck = () => [],
): ResolvedOptions {
  checkIsOptions(raw);
  const problems = new Problems();
  const resolved = resolveAll(problems, raw, problemsOfClass);
  problems.throwIfAny('session');
  return Object.freeze(resolved);
}

/** Does the same without throwing. The result is valid only if there are no problems. */
export function resolveAll(
  problems: Problems,
  raw: SessionModuleOptions,
  problemsOfClass: DataClassCheck,
): ResolvedOptions {
  const given = checkGroup(problems, '', SessionModuleOptions, raw);
  checkStore(problems, given, raw);
  const options = withDefaults<SessionModuleOptions, NoDefault>(SessionModuleOptions, given);
  const cookie = resolveCookie(given.cookie ?? {}, problems);
  const timeouts = resolveTimeouts(problems, options, cookie.persistent);
  const size = resolveSize(problems, given.size);
  const outage = resolveOutage(given.outage);
  return {
    ...{ users: given.users, passport: given.passport, device: given.device },
    store: chooseStore(given),
    prefix: options.prefix,
    timeouts,
    anonymous: resolveAnonymous(problems, given.anonymous, timeouts, size),
    rotation: resolveRotation(problems, given.rotation),
    limit: resolveLimit(given.limit),
    cookie,
    responses: resolveResponses(given.responses),
    csrf: resolveCsrf(given.csrf),
    data: resolveData(problems, given.data, problemsOfClass),
    size,
    noticeTtlMs: toMs(options.endReasons) as number,
    cache: resolveCache(given.cache, given.telemetry !== undefined),
    load: options.load,
    exclude: exclusionTest(given.exclude ?? []),
    outage,
    durability: resolveDurability(problems, given.durability, outage.deadlineMs),
    redisChecks: resolveRedisChecks(given.redisChecks),
    telemetry: given.telemetry ?? null,
    warnings: Object.freeze(unitWarnings(given)),
  };
}

/** @throws SessionOptionsError if there are no options at all */
export function checkIsOptions(raw: unknown): void {
  if (isObject(raw)) return;
  throw new SessionOptionsError(
    `Wrong session options:\n- expected an object of options, received ${received(raw)}. ` +
      'Give the options to SessionModule.forRoot(), or return them from the factory of forRootAsync(). ' +
      'For the defaults alone, call forRoot() without an argument, or return {}.',
  );
}

function resolveTimeouts(
  problems: Problems,
  { idle, absolute }: Complete<SessionModuleOptions, NoDefault>,
  isPersistent: boolean,
): TimeoutPolicy {
  const timeouts = { idleMs: idleSource(idle), absoluteMs: absoluteSource(absolute) };
  checkTimeouts(problems, timeouts, isPersistent);
  return Object.freeze(timeouts);
}

/** Warns of timeouts that may be seconds, as in other libraries: 1800 is 1.8 s here. */
function unitWarnings({ idle, absolute }: SessionModuleOptions): string[] {
  return [
    unitWarning('idle', idle, SHORTEST_USUAL_MS.idle),
    unitWarning('absolute', absolute, SHORTEST_USUAL_MS.absolute),
  ].filter((warning) => warning !== null);
}
