import { MemoryStore } from '../memory/memory.store.js';
import { resolveOptions, type ResolvedOptions } from './resolve.js';
import type { SessionModuleOptions } from './session-module-options.js';

/** Resolves options that a JavaScript application may pass. */
function resolveAny(options: unknown): ResolvedOptions {
  return resolveOptions(options as SessionModuleOptions);
}

describe('resolving without options', () => {
  it('gives every option its default', () => {
    expect(resolveOptions({})).toEqual({
      store: { kind: 'memory', isByName: false },
      prefix: 'session:',
      timeouts: { idleMs: 30 * 60_000, absoluteMs: 12 * 60 * 60_000 },
      limit: { max: 1_000, onExceed: 'evict-oldest', isSafetyBound: true },
      rotation: { everyMs: null, graceMs: 30_000, revokeOnReuse: false },
      data: { class: undefined, unknownFields: 'keep', values: 'json', keepOnSignIn: true },
      responses: { noStore: false, signOutLine: null },
      csrf: { origins: new Set(), tokens: null },
      cookie: {
        ...{ secure: true, secureName: '__Host-sid', plainName: 'sid', sameSite: 'lax', httpOnly: true },
        ...{ path: '/', domain: undefined, partitioned: false, persistent: false },
      },
      noticeTtlMs: 10 * 60_000,
      cache: null,
      load: 'eager',
      exclude: null,
      outage: { deadlineMs: 250, policy: 'fail', startup: 'fail' },
      durability: null,
      size: { maxBytes: 65_536, warnBytes: 4_096 },
      anonymous: { timeouts: { idleMs: 15 * 60_000, absoluteMs: 4 * 60 * 60_000 }, maxBytes: 8_192 },
      redisChecks: { ignore: [], allowEviction: [] },
      telemetry: null,
      warnings: [],
      ...{ users: undefined, passport: undefined, device: undefined },
    });
  });

  it('excludes no request by an empty list', () => {
    expect(resolveOptions({ exclude: [] }).exclude).toBeNull();
  });

  it('treats an option that is undefined as absent', () => {
    const names = [
      ...['store', 'prefix', 'idle', 'absolute', 'limit', 'cookie', 'data', 'users', 'outage'],
      ...['rotation', 'size', 'redisChecks', 'endReasons'],
    ];
    const explicit = Object.fromEntries(names.map((name) => [name, undefined]));
    const redis = 'redis://127.0.0.1';
    expect(resolveAny({ ...explicit, redis })).toEqual(resolveOptions({ redis }));
    const attributes = ['name', 'secure', 'path', 'domain', 'sameSite'];
    const cookie = Object.fromEntries(attributes.map((name) => [name, undefined]));
    expect(resolveAny({ cookie })).toEqual(resolveOptions({}));
    const outage = { deadline: undefined, policy: undefined, startup: undefined };
    expect(resolveAny({ redis, outage })).toEqual(resolveOptions({ redis }));
  });

  it('keeps false', () => {
    expect(resolveOptions({ data: { keepOnSignIn: false } }).data.keepOnSignIn).toBe(false);
    expect(resolveOptions({ cookie: { httpOnly: false } }).cookie.httpOnly).toBe(false);
  });
});

describe('resolved options', () => {
  it('stay frozen', () => {
    const options = resolveOptions({ limit: { max: 3, onExceed: 'reject' } });
    expect(Object.isFrozen(options)).toBe(true);
    const { timeouts, limit, rotation, cookie, data, size, outage, redisChecks, anonymous } = options;
    for (const part of [timeouts, limit, rotation, cookie, data, size, outage, redisChecks, anonymous]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it('do not change when the application changes the object that it passed', () => {
    const given = { idle: '5m', limit: { max: 3, onExceed: 'reject' as const } };
    const options = resolveOptions(given);
    given.idle = '1h';
    given.limit.max = 9;
    expect([options.timeouts.idleMs, options.limit.max]).toEqual([300_000, 3]);
  });

  it.each([
    ['a URL', { redis: 'redis://127.0.0.1:6379' }, { kind: 'redis', target: 'redis://127.0.0.1:6379' }],
    ['options', { redis: { host: 'redis' } }, { kind: 'redis', target: { host: 'redis' } }],
    ['memory by name', { store: 'memory' }, { kind: 'memory', isByName: true }],
    ['nothing', {}, { kind: 'memory', isByName: false }],
  ])('identify the store that is chosen by %s', (_what, options, store) => {
    expect(resolveAny(options).store).toEqual(store);
  });

  it('keep the reference to a custom store', async () => {
    const store = new MemoryStore();
    expect(resolveOptions({ store }).store).toEqual({ kind: 'custom', store });
    await store.close();
  });

  it('include the rotation of tokens', () => {
    expect(resolveOptions({ rotation: { every: '15m', grace: '1m', onReuse: 'revoke' } }).rotation).toEqual({
      ...{ everyMs: 900_000, graceMs: 60_000, revokeOnReuse: true },
    });
  });

  it('accept values at the bounds of the rules', () => {
    expect(resolveOptions({ idle: '1h', absolute: '1h' }).timeouts).toEqual({
      idleMs: 3_600_000,
      absoluteMs: 3_600_000,
    });
    resolveOptions({ absolute: '400d', cookie: { persistent: true } });
    resolveOptions({ rotation: { every: '1m', grace: '30s' } });
    resolveOptions({ redis: 'redis://a', prefix: '!'.repeat(64) });
    resolveOptions({ limit: { max: 1, onExceed: 'reject' } });
    resolveOptions({ limit: { max: Infinity, onExceed: 'reject' } });
    resolveOptions({ exclude: ['/', '/health', '/health/', '/a/b-c.d~e_f%20g/*', /^\/x/i] });
    resolveOptions({ exclude: () => false });
  });
});
