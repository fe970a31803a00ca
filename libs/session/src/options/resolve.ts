import { validateSync } from 'class-validator';
import { SessionCacheOptions } from '../cache/cache.options.js';
import type { CacheSettings } from '../cache/session-cache.js';
import { SessionOptionsError } from '../core/errors.js';
import type { Timeouts } from '../core/expiry.js';
import type { LimitPolicy } from '../core/limit.js';
import type { RotationPolicy } from '../core/runtime.js';
import type { SizeLimits } from '../core/size.js';
import type { OnExceed, SessionStore } from '../core/store.js';
import type { CookieSettings } from '../http/cookie.js';
import { resolveCookie, SessionCookieOptions } from '../http/cookie.options.js';
import type { OutagePolicy } from '../http/on-outage.decorator.js';
import type { SignInOptions } from '../sign-in.options.js';
import { SessionModuleOptions } from '../session.options.js';
import { isOnExceed, ON_EXCEED, SessionDurabilityOptions, SessionLimitOptions } from './groups.js';
import type { RedisTarget, StartupPolicy } from '../redis/client.js';
import type { Durability } from '../redis/durable.js';
import type { ServerWarning } from '../redis/server-checks.js';
import type { Duration } from './duration.js';
import { toMs } from './duration.js';
import { received } from './rule.js';

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
  readonly timeouts: Timeouts;
  readonly limit: LimitPolicy;
  readonly rotation: RotationPolicy;
  readonly keepDataOnSignIn: boolean;
  readonly cookie: CookieSettings;
  readonly noticeTtlMs: number;
  readonly deadlineMs: number;
  /** `null`: no cache. */
  readonly cache: CacheSettings | null;
  readonly onOutage: OutagePolicy;
  readonly startup: StartupPolicy;
  readonly durability: Durability | null;
  readonly size: SizeLimits;
  readonly silence: readonly ServerWarning[];
}

/** Browsers keep no cookie longer. Source: RFC 6265bis, "Cookie Lifetime Limits". */
const MAX_COOKIE_AGE_MS = 400 * 24 * 60 * 60_000;

const NO_LIMIT: LimitPolicy = { max: Infinity, onExceed: 'evict-oldest' };

/**
 * Checks the options and fills in the defaults.
 *
 * @throws SessionOptionsError that names every wrong option, what was expected, what came, and what to do
 */
export function resolveOptions(raw: SessionModuleOptions = {}): ResolvedOptions {
  const options = checked('', SessionModuleOptions, raw);
  const cookieOptions = checked('cookie.', SessionCookieOptions, options.cookie ?? {});
  const limit = options.limit
    ? checked('limit.', SessionLimitOptions, options.limit, ['max', 'onExceed'])
    : NO_LIMIT;
  const cookie = resolveCookie(cookieOptions);
  const timeouts = { idleMs: ms(options.idle ?? '30m'), absoluteMs: ms(options.absolute ?? '12h') };
  checkTimeouts(timeouts, cookie.persistent);
  const deadlineMs = ms(options.deadline ?? '250ms');
  return Object.freeze({
    store: chooseStore(options),
    prefix: options.prefix ?? 'session:',
    timeouts: Object.freeze(timeouts),
    limit: Object.freeze({ max: limit.max, onExceed: limit.onExceed }),
    rotation: Object.freeze(resolveRotation(options)),
    keepDataOnSignIn: options.keepDataOnSignIn ?? true,
    cookie,
    noticeTtlMs: ms(options.endReasons ?? '10m'),
    cache: resolveCache(options),
    deadlineMs,
    onOutage: options.onOutage ?? 'fail',
    startup: options.startup ?? 'fail',
    durability: resolveDurability(options, deadlineMs),
    size: Object.freeze(resolveSize(options)),
    silence: options.silence ?? [],
    data: options.data,
    users: options.users,
    passport: options.passport,
    device: options.device,
  });
}

/** What a sign-in decides for itself, filled up from the module's options. */
export function resolveSignIn(options: SignInOptions, defaults: ResolvedOptions) {
  const timeouts = {
    idleMs: overrideMs('idle', options.idle) ?? defaults.timeouts.idleMs,
    absoluteMs: overrideMs('absolute', options.absolute) ?? defaults.timeouts.absoluteMs,
  };
  const persistent = options.persistent ?? defaults.cookie.persistent;
  checkTimeouts(timeouts, persistent);
  return {
    timeouts,
    persistent,
    keepData: options.keepData ?? defaults.keepDataOnSignIn,
    ...(options.onExceed !== undefined && { onExceed: checkedOnExceed(options.onExceed) }),
  };
}

function checked<T extends object>(
  path: string,
  type: new () => T,
  raw: object,
  required: readonly (keyof T & string)[] = [],
): T {
  const options = Object.assign(new type(), raw);
  const errors = validateSync(options, { whitelist: true, forbidNonWhitelisted: true });
  const problems = errors.map(({ property, constraints = {} }) =>
    'whitelistValidation' in constraints
      ? `${path}${property}: expected a known option, received one of this name. Correct the spelling or leave it out.`
      : `${path}${property}: ${Object.values(constraints).join(' ')}`,
  );
  for (const name of required) {
    if (options[name] === undefined) {
      problems.push(`${path}${name}: expected a value, received none. Set it, or leave out the whole group.`);
    }
  }
  if (problems.length > 0)
    throw new SessionOptionsError(`Wrong session options:\n- ${problems.join('\n- ')}`);
  return options;
}

function chooseStore({ redis, store }: SessionModuleOptions): StoreChoice {
  if (redis !== undefined && store !== undefined) {
    throw new SessionOptionsError(
      'Wrong session options:\n- store: expected nothing beside "redis", received both. Leave one of them out.',
    );
  }
  if (redis !== undefined) return { kind: 'redis', target: redis };
  if (store === undefined || store === 'memory') return { kind: 'memory', isByName: store === 'memory' };
  return { kind: 'custom', store };
}

function resolveCache({ cache, redis }: SessionModuleOptions): CacheSettings | null {
  if (cache === undefined || cache === false) return null;
  if (redis === undefined) {
    throw new SessionOptionsError(
      'Wrong session options:\n- cache: expected nothing unless "redis" is set, received one. Sessions in memory need no ' +
        'cache, and a store of your own cannot tell of changes. Leave it out, or set "redis".',
    );
  }
  const options = checked('cache.', SessionCacheOptions, cache === true ? {} : cache);
  return Object.freeze({
    maxEntries: options.maxEntries ?? 10_000,
    maxBytes: options.maxBytes ?? 32 * 1024 * 1024,
    stalenessMs: ms(options.staleness ?? '1s'),
  });
}

function resolveRotation({ rotateEvery, rotationGrace, onTokenReuse }: SessionModuleOptions): RotationPolicy {
  const everyMs = rotateEvery === undefined ? null : ms(rotateEvery);
  const graceMs = ms(rotationGrace ?? '30s');
  if (everyMs !== null && everyMs < 2 * graceMs) {
    throw new SessionOptionsError(
      `Wrong session options:\n- rotateEvery: expected at least twice the grace of an old token (${2 * graceMs} ms), ` +
        `received ${everyMs} ms. Lengthen "rotateEvery" or shorten "rotationGrace".`,
    );
  }
  return { everyMs, graceMs, revokeOnReuse: onTokenReuse === 'revoke' };
}

function resolveSize({ maxBytes = 64 * 1024, warnBytes = 4 * 1024 }: SessionModuleOptions): SizeLimits {
  return { maxBytes, warnBytes };
}

function resolveDurability({ durability }: SessionModuleOptions, deadlineMs: number): Durability | null {
  if (!durability) return null;
  const { replicas, timeout } = checked('durability.', SessionDurabilityOptions, durability, ['replicas']);
  const timeoutMs = ms(timeout ?? '100ms');
  if (timeoutMs >= deadlineMs) {
    throw new SessionOptionsError(
      `Wrong session options:\n- durability.timeout: expected less than the deadline of a call (${deadlineMs} ms), ` +
        `received ${timeoutMs} ms. Shorten it, or lengthen "deadline".`,
    );
  }
  return Object.freeze({ replicas, timeoutMs });
}

function checkTimeouts({ idleMs, absoluteMs }: Timeouts, isPersistent: boolean): void {
  if (idleMs > absoluteMs) {
    throw new SessionOptionsError(
      `Wrong session options:\n- idle: expected at most the absolute timeout (${absoluteMs} ms), received ${idleMs} ms. ` +
        'Shorten "idle" or lengthen "absolute".',
    );
  }
  if (isPersistent && absoluteMs > MAX_COOKIE_AGE_MS) {
    throw new SessionOptionsError(
      'Wrong session options:\n- absolute: expected at most 400 days for a persistent cookie, which is when browsers ' +
        `forget it, received ${absoluteMs} ms. Shorten "absolute", or make the cookie end with the browser.`,
    );
  }
}

function checkedOnExceed(onExceed: unknown): OnExceed {
  if (isOnExceed(onExceed)) return onExceed;
  throw new SessionOptionsError(
    `Wrong sign-in options:\n- onExceed: expected ${ON_EXCEED}, received ${received(onExceed)}.`,
  );
}

function overrideMs(name: string, duration: Duration | undefined): number | null {
  if (duration === undefined) return null;
  const value = toMs(duration);
  if (value !== null) return value;
  throw new SessionOptionsError(
    `Wrong sign-in options:\n- ${name}: expected a positive length of time, such as '30m', received ${received(duration)}.`,
  );
}

/** A duration that has been checked. */
function ms(duration: Duration): number {
  return toMs(duration) as number;
}
