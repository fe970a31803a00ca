import { SessionOptionsError } from '../core/errors.js';
import { MemoryStore } from '../memory/memory.store.js';
import type { SessionModuleOptions } from '../session.options.js';
import type { ResolvedOptions } from './resolve.js';
import { resolveOptions } from './resolve.js';

const DAY_MS = 24 * 60 * 60_000;

/** Options as a JavaScript application may give them. */
function resolveAny(options: unknown): ResolvedOptions {
  return resolveOptions(options as SessionModuleOptions);
}

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof SessionOptionsError) return error.message;
    throw error;
  }
  throw new Error('nothing was wrong');
}

describe('the defaults', () => {
  it('are complete', () => {
    expect(resolveOptions()).toEqual({
      store: { kind: 'memory', isByName: false },
      prefix: 'session:',
      timeouts: { idleMs: 30 * 60_000, absoluteMs: 12 * 60 * 60_000 },
      limit: { max: Infinity, onExceed: 'evict-oldest' },
      rotation: { everyMs: null, graceMs: 30_000, revokeOnReuse: false },
      keepDataOnSignIn: true,
      cookie: {
        ...{ secure: true, secureName: '__Host-sid', plainName: 'sid', sameSite: 'lax', httpOnly: true },
        ...{ path: '/', domain: undefined, partitioned: false, persistent: false },
      },
      noticeTtlMs: 10 * 60_000,
      deadlineMs: 250,
      cache: null,
      onOutage: 'fail',
      startup: 'fail',
      durability: null,
      size: { maxBytes: 65_536, warnBytes: 4_096 },
      silence: [],
      ...{ data: undefined, users: undefined, passport: undefined, device: undefined },
    });
  });

  it('count where an option is undefined by name', () => {
    const names = Object.keys(resolveOptions());
    const explicit = [
      'redis',
      'store',
      'prefix',
      'idle',
      'absolute',
      'limit',
      'cookie',
      'data',
      'users',
      'deadline',
    ];
    const options = Object.fromEntries(
      [...explicit, 'rotateEvery', 'endReasons'].map((name) => [name, undefined]),
    );
    expect(Object.keys(resolveAny(options))).toEqual(names);
    expect(resolveAny(options)).toEqual(resolveOptions());
    const cookie = {
      name: undefined,
      secure: undefined,
      path: undefined,
      domain: undefined,
      sameSite: undefined,
    };
    expect(resolveAny({ cookie })).toEqual(resolveOptions());
  });

  it('count for false and for nothing alike only where they are the same', () => {
    expect(resolveOptions({ keepDataOnSignIn: false }).keepDataOnSignIn).toBe(false);
    expect(resolveOptions({ cookie: { httpOnly: false } }).cookie.httpOnly).toBe(false);
  });
});

describe('resolved options', () => {
  it('cannot be changed any more', () => {
    const options = resolveOptions({ limit: { max: 3, onExceed: 'reject' } });
    for (const part of [options, options.timeouts, options.limit, options.rotation, options.cookie]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it('do not change with what the application gave', () => {
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
  ])('name the store that is given by %s', (_what, options, store) => {
    expect(resolveAny(options).store).toEqual(store);
  });

  it('name a store of the application', async () => {
    const store = new MemoryStore();
    expect(resolveOptions({ store }).store).toEqual({ kind: 'custom', store });
    await store.close();
  });

  it('have the rotation', () => {
    expect(
      resolveOptions({ rotateEvery: '15m', rotationGrace: '1m', onTokenReuse: 'revoke' }).rotation,
    ).toEqual({
      ...{ everyMs: 900_000, graceMs: 60_000, revokeOnReuse: true },
    });
  });

  it('allow the bounds', () => {
    expect(resolveOptions({ idle: '1h', absolute: '1h' }).timeouts).toEqual({
      idleMs: 3_600_000,
      absoluteMs: 3_600_000,
    });
    resolveOptions({ absolute: '400d', cookie: { persistent: true } });
    resolveOptions({ rotateEvery: '1m', rotationGrace: '30s' });
    resolveOptions({ prefix: '!'.repeat(64) });
    resolveOptions({ limit: { max: 1, onExceed: 'reject' } });
    resolveOptions({ limit: { max: Infinity, onExceed: 'reject' } });
  });
});

describe('a wrong option', () => {
  it.each<[string, unknown, string, string]>([
    ['redis', { redis: 6379 }, 'expected a redis:// or rediss:// URL', 'received number. An example:'],
    ['redis', { redis: 'http://127.0.0.1' }, 'expected a redis:// or rediss:// URL', 'received string.'],
    ['redis', { redis: null }, 'expected a redis:// or rediss:// URL', 'received object.'],
    ['redis', { redis: ['redis://a'] }, 'expected a redis:// or rediss:// URL', 'received object.'],
    ['store', { store: 'disk' }, "expected 'memory' or an object", 'received "disk". Leave it out'],
    [
      'store',
      { store: { get: () => 1 } },
      "expected 'memory' or an object",
      'received an object (get). Leave it',
    ],
    [
      'store',
      { store: 'memory', redis: 'redis://a' },
      'expected nothing beside "redis"',
      'received both. Leave one',
    ],
    ['prefix', { prefix: '' }, 'expected a text of 1 to 64 printable', 'received "". Leave it out'],
    ['prefix', { prefix: 'a{b}' }, "without spaces, '{' or '}'", 'received "a{b}".'],
    ['prefix', { prefix: 'a b' }, 'expected a text of 1 to 64', 'received "a b".'],
    ['prefix', { prefix: 'ü' }, 'expected a text of 1 to 64', 'received "ü".'],
    ['prefix', { prefix: 'a\n' }, 'expected a text of 1 to 64', 'received "a\\n".'],
    ['prefix', { prefix: 'x'.repeat(65) }, 'expected a text of 1 to 64', 'received "xxx'],
    [
      'idle',
      { idle: '30 parsecs' },
      'expected a positive length of time',
      'received "30 parsecs". Leave it out for',
    ],
    ['idle', { idle: 0 }, 'expected a positive length of time', 'received 0.'],
    ['idle', { idle: null }, 'expected a positive length of time', 'received null.'],
    [
      'idle',
      { idle: '2h', absolute: '1h' },
      'expected at most the absolute timeout (3600000 ms)',
      'Shorten "idle"',
    ],
    ['absolute', { absolute: -1 }, 'expected a positive length of time', 'received -1.'],
    [
      'absolute',
      { absolute: 401 * DAY_MS, cookie: { persistent: true } },
      'expected at most 400 days',
      'Shorten "abs',
    ],
    ['rotateEvery', { rotateEvery: [] }, 'expected a positive length of time', 'received an array.'],
    [
      'rotateEvery',
      { rotateEvery: '59s' },
      'expected at least twice the grace',
      'received 59000 ms. Lengthen',
    ],
    ['rotationGrace', { rotationGrace: 'soon' }, 'expected a positive length of time', 'received "soon".'],
    ['onTokenReuse', { onTokenReuse: 'panic' }, "expected 'report' or 'revoke'", 'received "panic".'],
    ['limit', { limit: 3 }, 'expected { max, onExceed }', 'received 3. An example:'],
    [
      'limit.max',
      { limit: { max: 0, onExceed: 'reject' } },
      'expected a whole number of 1',
      'received 0. Leave "limit"',
    ],
    [
      'limit.max',
      { limit: { max: '3', onExceed: 'reject' } },
      'expected a whole number of 1',
      'received "3".',
    ],
    ['limit.max', { limit: { onExceed: 'reject' } }, 'expected a value', 'received none. Set it'],
    ['limit.onExceed', { limit: { max: 3 } }, 'expected a value', 'received none. Set it'],
    [
      'limit.onExceed',
      { limit: { max: 3, onExceed: 'evict' } },
      "expected 'evict-oldest'",
      'received "evict".',
    ],
    ['keepDataOnSignIn', { keepDataOnSignIn: 'no' }, 'expected true or false', 'received "no". Leave it out'],
    ['cookie', { cookie: 'sid' }, 'expected an object of cookie options', 'received "sid". An example:'],
    ['cookie', { cookie: null }, 'expected an object of cookie options', 'received null.'],
    ['data', { data: {} }, 'expected a class with class-validator decorators', 'Pass the class itself'],
    [
      'users',
      { users: { find: () => 1 } },
      'expected { load(id) }',
      'received an object (find). An example:',
    ],
    [
      'passport',
      { passport: () => 1 },
      'expected { userId(serialized) }',
      'received a function. An example:',
    ],
    [
      'device',
      { device: 'Firefox' },
      'expected a function of the request',
      'received "Firefox". Leave it out',
    ],
    ['endReasons', { endReasons: false }, 'expected a positive length of time', 'received false.'],
    ['deadline', { deadline: Infinity }, 'expected a positive length of time', 'received Infinity.'],
    ['ttl', { ttl: 60 }, 'expected a known option', 'received one of this name. Correct the spelling'],
    [
      'limit.policy',
      { limit: { max: 3, onExceed: 'reject', policy: 1 } },
      'expected a known option',
      'Correct the',
    ],
    ['cookie.samesite', { cookie: { samesite: 'lax' } }, 'expected a known option', 'Correct the spelling'],
  ])(
    'is named with what was expected, what came and what to do: %s in %j',
    (name, options, expected, end) => {
      const message = messageOf(() => resolveAny(options));
      expect(message).toMatch(/^Wrong session options:\n- /);
      expect(message).toContain(`\n- ${name}: `);
      expect(message).toContain(expected);
      expect(message).toContain(end);
      expect(message).toMatch(/[.)]$/);
    },
  );

  it('does not hide another', () => {
    const message = messageOf(() => resolveAny({ idle: 'soon', prefix: '', typo: 1 }));
    expect(
      message
        .split('\n- ')
        .slice(1)
        .map((line) => line.split(':')[0])
        .sort(),
    ).toEqual(['idle', 'prefix', 'typo']);
  });
});

describe('a password', () => {
  it.each([
    { redis: 'http://user:hunter2@127.0.0.1' },
    { redis: 'redis:// :hunter2@127.0.0.1' },
    { redis: [{ password: 'hunter2' }] },
    { redis: 'redis://:hunter2@a', store: 'memory' },
    { store: 'redis://user:hunter2@127.0.0.1:6379' },
    { store: { password: 'hunter2' } },
    { prefix: 'redis://:hunter2@127.0.0.1 /' },
    { rediss: 'redis://:hunter2@127.0.0.1' },
    { password: 'hunter2' },
  ])('is in no message: %j', (options) => {
    expect(messageOf(() => resolveAny(options))).not.toContain('hunter2');
  });
});
