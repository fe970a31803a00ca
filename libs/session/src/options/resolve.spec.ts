import { SessionOptionsError } from '../core/errors.js';
import { NO_IDLE_MS } from '../core/expiry.js';
import { MemoryStore } from '../memory/memory.store.js';
import type { SessionModuleOptions } from './session-module-options.js';
import type { ResolvedOptions } from './resolve.js';
import { resolveOptions } from './resolve.js';
import type { TimeoutInput } from './timeouts.js';

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

/** The options that the error names, in order. */
function namesIn(options: unknown): string[] {
  const [, ...lines] = messageOf(() => resolveAny(options)).split('\n- ');
  return lines.map((line) => line.slice(0, line.indexOf(': '))).sort();
}

describe('the defaults', () => {
  it('are complete', () => {
    expect(resolveOptions({})).toEqual({
      store: { kind: 'memory', isByName: false },
      prefix: 'session:',
      timeouts: { idleMs: 30 * 60_000, absoluteMs: 12 * 60 * 60_000 },
      limit: { max: 1_000, onExceed: 'evict-oldest', isSafetyBound: true },
      rotation: { everyMs: null, graceMs: 30_000, revokeOnReuse: false },
      keepDataOnSignIn: true,
      values: 'json',
      unknownFields: 'keep',
      noStore: false,
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
      anonymous: { timeouts: { idleMs: 15 * 60_000, absoluteMs: 4 * 60 * 60_000 }, maxBytes: 8_192 },
      silence: [],
      allowEviction: [],
      doubts: [],
      ...{ data: undefined, users: undefined, passport: undefined, device: undefined },
    });
  });

  it('count where an option is undefined by name', () => {
    const names = [
      ...['store', 'prefix', 'idle', 'absolute', 'limit', 'cookie', 'data', 'users', 'deadline'],
      ...['rotateEvery', 'endReasons'],
    ];
    const explicit = Object.fromEntries(names.map((name) => [name, undefined]));
    const redis = 'redis://127.0.0.1';
    expect(resolveAny({ ...explicit, redis })).toEqual(resolveOptions({ redis }));
    const attributes = ['name', 'secure', 'path', 'domain', 'sameSite'];
    const cookie = Object.fromEntries(attributes.map((name) => [name, undefined]));
    expect(resolveAny({ cookie })).toEqual(resolveOptions({}));
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
    resolveOptions({ redis: 'redis://a', prefix: '!'.repeat(64) });
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
    ['colour', { colour: 1 }, 'expected a known option', 'received one of this name. Correct the spelling'],
    [
      'limit.policy',
      { limit: { max: 3, onExceed: 'reject', policy: 1 } },
      'expected a known option',
      'Correct the',
    ],
    [
      'cookie.samesite',
      { cookie: { samesite: 'lax' } },
      'expected a known option',
      'Did you mean "cookie.sameSite"?',
    ],
  ])(
    'is named with what was expected, what came and what to do: %s in %j',
    (name, options, expected, end) => {
      const message = messageOf(() => resolveAny(options));
      expect(message).toMatch(/^Wrong session options:\n- /);
      expect(message).toContain(`\n- ${name}: `);
      expect(message).toContain(expected);
      expect(message).toContain(end);
      expect(message).toMatch(/[.)?]$/);
    },
  );

  it('does not hide another, in another group or in a combination', () => {
    expect(
      namesIn({
        ...{ redis: 'http://a', idle: 'soon', typo: 1, absolute: '500d', rotateEvery: '1s', endReasons: 30 },
        ...{
          limit: { max: 0 },
          cookie: { samesite: 'lax', persistent: true, partitioned: true, secure: 'auto' },
        },
        ...{
          cache: { maxBytes: 1 },
          durability: { replicas: 0, timeout: '1s' },
          maxBytes: 10,
          warnBytes: 11,
        },
      }),
    ).toEqual([
      ...['absolute', 'cache.maxBytes', 'cookie.partitioned', 'cookie.samesite', 'durability.replicas'],
      ...['durability.timeout', 'endReasons', 'idle', 'limit.max', 'limit.onExceed', 'redis', 'rotateEvery'],
      ...['typo', 'warnBytes'],
    ]);
  });

  it('is not named a second time for what follows from it', () => {
    expect(namesIn({ idle: 'soon', absolute: '10m' })).toEqual(['idle']);
    expect(namesIn({ redis: 6379, prefix: 'a:', cache: true, deadline: '1s' })).toEqual(['redis']);
    expect(namesIn({ rotateEvery: 'soon', rotationGrace: '1m' })).toEqual(['rotateEvery']);
    expect(namesIn({ rotateEvery: '1m', rotationGrace: 'soon' })).toEqual(['rotationGrace']);
    expect(namesIn({ cookie: { secure: 'yes', sameSite: 'none' } })).toEqual(['cookie.secure']);
    const durability = { replicas: 1, timeout: '200ms' };
    expect(namesIn({ redis: 'redis://a', deadline: 'soon', durability })).toEqual(['deadline']);
  });

  it('may be a getter of a class', () => {
    class Config {
      get redis() {
        return 'redis://a';
      }

      get idle() {
        return 'soon';
      }
    }
    expect(namesIn(new Config())).toEqual(['idle']);
  });
});

describe('an option without an effect is refused:', () => {
  const store = new MemoryStore();
  const redisOnly = {
    ...{ prefix: 'a:', deadline: '1s', startup: 'wait', silence: ['no-persistence'], cache: true },
    allowEviction: ['volatile-lru'],
    durability: { replicas: 1 },
  };

  it.each([
    ['in memory', {}],
    ['in memory by name', { store: 'memory' }],
    ['with a store of the application', { store }],
  ])('what only Redis needs, %s', (_where, options) => {
    expect(namesIn({ ...options, ...redisOnly })).toEqual(Object.keys(redisOnly).sort());
    expect(messageOf(() => resolveAny({ ...options, durability: { replicas: 1 } }))).toContain(
      '- durability: expected nothing unless "redis" is set, received one. Only Redis has replicas. Leave it out',
    );
    expect(namesIn({ ...options, cache: false, silence: [], idle: 'soon' })).toEqual(['idle']);
  });

  it('what a store of the application decides', () => {
    expect(namesIn({ store, endReasons: '1m' })).toEqual(['endReasons']);
    expect(resolveOptions({ store: 'memory', endReasons: '1m' }).noticeTtlMs).toBe(60_000);
  });

  it('what belongs to an exchange of tokens, where tokens are kept', () => {
    expect(namesIn({ rotationGrace: '1m', onTokenReuse: 'revoke' })).toEqual([
      'onTokenReuse',
      'rotationGrace',
    ]);
  });

  it('a warning of a size that no session reaches', () => {
    expect(namesIn({ maxBytes: 1_000, warnBytes: 1_001 })).toEqual(['warnBytes']);
    expect(resolveOptions({ maxBytes: 1_000 }).size).toEqual({ maxBytes: 1_000, warnBytes: 4_096 });
    resolveOptions({ maxBytes: 1_000, warnBytes: 1_000 });
    resolveOptions({ maxBytes: 1_000, warnBytes: Infinity });
  });
});

describe('a store that is undefined', () => {
  it.each(['redis', 'store'])('is refused, because the variable for "%s" is missing', (name) => {
    expect(messageOf(() => resolveAny({ [name]: undefined }))).toContain(
      `- ${name}: expected a value, received undefined. Set the variable that it comes from.`,
    );
  });

  it('is no problem beside another one', () => {
    expect(resolveAny({ redis: undefined, store: 'memory' }).store).toEqual({
      kind: 'memory',
      isByName: true,
    });
    expect(resolveAny({ redis: 'redis://a', store: undefined }).store.kind).toBe('redis');
  });
});

describe('what is no object of options', () => {
  it.each([
    [null, 'null'],
    [undefined, 'undefined'],
    ['redis://user:hunter2@a', '"redis://…@a"'],
    [6379, '6379'],
    [[], 'an array'],
    [() => ({}), 'a function'],
  ])('is refused: %j', (options, seen) => {
    const message = messageOf(() => resolveAny(options));
    expect(message).toContain(`expected an object of options, received ${seen}. Give the options to`);
  });
});

describe('a timeout', () => {
  const ask = (option: SessionModuleOptions, name: 'idleMs' | 'absoluteMs', question: object = {}) => {
    const source = resolveOptions(option).timeouts[name];
    if (typeof source === 'number') return source;
    return source({ user: null, record: null, activity: null, ...question });
  };

  it("may be 'none' for activity", () => {
    expect(ask({ idle: 'none' }, 'idleMs')).toBe(NO_IDLE_MS);
    expect(ask({ idle: 'none', absolute: '1m' }, 'absoluteMs')).toBe(60_000);
    expect(namesIn({ absolute: 'none' })).toEqual(['absolute']);
  });

  it('may be a function, of the user and of the facts of the session', async () => {
    const seen: unknown[] = [];
    const idle = (input: TimeoutInput) => {
      seen.push(input);
      return input.user ? '5m' : Promise.resolve('none' as const);
    };
    expect(await ask({ idle }, 'idleMs')).toBe(NO_IDLE_MS);
    expect(await ask({ idle }, 'idleMs', { user: { id: 'alice' } })).toBe(300_000);
    expect(await ask({ absolute: () => 60_000 }, 'absoluteMs')).toBe(60_000);
    expect(seen).toEqual([
      { user: null, session: null, activity: null },
      { user: { id: 'alice' }, session: null, activity: null },
    ]);
  });

  it.each<[unknown, string]>([
    [
      () => 'soon',
      "idle: expected a positive length of time, such as '30m' or 1800000 (milliseconds) from the function",
    ],
    [() => undefined, 'received undefined'],
    [() => 30, "Without a unit that is 30 ms. Did you mean '30s' or '30m'?"],
    [() => Infinity, 'received Infinity'],
    [
      () => Promise.reject(new Error('away')),
      'idle: expected a length of time from the function, but it threw: away',
    ],
  ])('is refused when the function gives none: %s', async (idle, message) => {
    const asking = ask({ idle } as SessionModuleOptions, 'idleMs');
    await expect(asking).rejects.toBeInstanceOf(SessionOptionsError);
    await expect(asking).rejects.toThrow(message);
  });

  it('of a function is not compared at start', () => {
    resolveOptions({ idle: () => '1d', absolute: '1h' });
    resolveOptions({ idle: '1d', absolute: () => '1h' });
    expect(namesIn({ idle: () => '1d', absolute: '500d', cookie: { persistent: true } })).toEqual([
      'absolute',
    ]);
  });
});

describe('the wait for replicas', () => {
  const waiting = (timeout: string) => ({
    ...{ redis: 'redis://a', deadline: '200ms', durability: { replicas: 1, timeout } },
  });

  it('is shorter than the deadline of a call, which it is a part of', () => {
    expect(resolveOptions(waiting('199ms')).durability).toEqual({ replicas: 1, timeoutMs: 199 });
    expect(namesIn(waiting('200ms'))).toEqual(['durability.timeout']);
  });
});

describe('a unit that was forgotten is asked about:', () => {
  it.each([
    [
      { idle: 30 },
      "idle: expected a positive length of time, such as '30m' or 1800000 (milliseconds), 'none', or a function that gives one, received 30.",
    ],
    [{ idle: 30 }, "Without a unit that is 30 ms. Did you mean '30s' or '30m'? Else write '30ms'."],
    [{ idle: '30' }, "Without a unit that is 30 ms. Did you mean '30s' or '30m'? Else write '30ms'."],
    [{ absolute: 12, idle: '1ms' }, "Did you mean '12s' or '12m'?"],
    [{ rotateEvery: 999 }, "Did you mean '999s' or '999m'?"],
    [{ rotateEvery: '1h', rotationGrace: 30 }, "Did you mean '30s' or '30m'?"],
    [{ endReasons: 10 }, "Did you mean '10s' or '10m'?"],
    [{ redis: 'redis://a', deadline: 1 }, "Did you mean '1s' or '1m'?"],
    [{ redis: 'redis://a', durability: { replicas: 1, timeout: 5 } }, "Did you mean '5s' or '5m'?"],
  ])('%j', (options, question) => {
    expect(messageOf(() => resolveAny(options))).toContain(question);
  });

  it('a unit that is there is taken at its word', () => {
    expect(resolveOptions({ idle: '30ms', absolute: 1_000, endReasons: '1ms' })).toMatchObject({
      ...{ timeouts: { idleMs: 30, absoluteMs: 1_000 }, noticeTtlMs: 1 },
    });
    expect(resolveOptions({ redis: 'redis://a', deadline: 10 }).deadlineMs).toBe(10);
  });
});

describe('a unit that may have been forgotten is doubted:', () => {
  it.each([
    [
      { idle: 1_800, absolute: 43_200 },
      ['"idle" is 1800. Without a unit that is 1800 ms.', '"absolute" is 43200.'],
    ],
    [{ idle: '59999' }, ["Did you mean '59999s' or '59999m'? Else write '59999ms'."]],
    [{ idle: 60_000, absolute: 3_600_000 }, []],
    [{ idle: '1s', absolute: '2s' }, []],
  ])('%j', (options, doubts) => {
    const found = resolveOptions(options).doubts;
    expect(found).toEqual(doubts.map((doubt) => expect.stringContaining(doubt) as string));
  });
});

describe('an option of another library is answered with the one to use here:', () => {
  it.each([
    ['secret', 'The cookie is not signed'],
    ['resave', 'Only changed fields are written.'],
    ['saveUninitialized', 'once something is written'],
    ['rolling', 'Activity extends a session by itself'],
    ['name', '"cookie.name"'],
    ['ttl', 'The idle timeout is "idle"'],
    ['maxAge', '"absolute"'],
    ['secure', 'It belongs to "cookie"'],
    ['isGlobal', 'It belongs beside "useFactory"'],
    ['constructor', 'Correct the spelling or leave it out.'],
    ['rotate_every', 'Did you mean "rotateEvery"?'],
    ['prefixx', 'Did you mean "prefix"?'],
    ['redid', 'Did you mean "redis"?'],
    ['ide', 'Correct the spelling or leave it out.'],
  ])('%s', (name, remedy) => {
    const message = messageOf(() => resolveAny({ [name]: 1 }));
    expect(message).toContain(`- ${name}: expected a known option, received one of this name. `);
    expect(message).toContain(remedy);
  });

  it.each([
    ['maxAge', 'Set "absolute"'],
    ['samesite', 'Did you mean "cookie.sameSite"?'],
    ['signed', 'The cookie is not signed'],
  ])('cookie.%s', (name, remedy) => {
    expect(messageOf(() => resolveAny({ cookie: { [name]: 1 } }))).toContain(remedy);
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

describe('the options of sessions that nobody is signed in to', () => {
  const anonymousOf = (options: object) => resolveOptions(options).anonymous;

  it('are shorter and smaller than those of users by default', () => {
    expect(anonymousOf({})).toEqual({
      timeouts: { idleMs: 15 * 60_000, absoluteMs: 4 * 60 * 60_000 },
      maxBytes: 8_192,
    });
  });

  it('are never more than those of users by default', () => {
    expect(anonymousOf({ idle: '5m', absolute: '1h', maxBytes: 1_000, warnBytes: 500 })).toEqual({
      timeouts: { idleMs: 5 * 60_000, absoluteMs: 60 * 60_000 },
      maxBytes: 1_000,
    });
    expect(anonymousOf({ anonymous: { absolute: '10m' } }).timeouts.idleMs).toBe(10 * 60_000);
  });

  it('are never more than what a function gives for nobody', async () => {
    const { idleMs, absoluteMs } = anonymousOf({ idle: () => '5m', absolute: () => '1 day' }).timeouts;
    const question = { user: null, record: null, activity: null };
    const ask = (source: typeof idleMs) => (typeof source === 'number' ? source : source(question));
    expect([await ask(idleMs), await ask(absoluteMs)]).toEqual([5 * 60_000, 4 * 60 * 60_000]);
    expect(anonymousOf({ idle: 'none' }).timeouts.idleMs).toBe(15 * 60_000);
  });

  it('are what they are set to', () => {
    const anonymous = { idle: '1h', absolute: '2 days', maxBytes: 16_384 };
    expect(anonymousOf({ anonymous })).toEqual({
      timeouts: { idleMs: 60 * 60_000, absoluteMs: 2 * 24 * 60 * 60_000 },
      maxBytes: 16_384,
    });
  });

  it.each([
    [{ idle: '5h' }, 'anonymous.idle: expected at most the absolute timeout of an anonymous session'],
    [{ maxBytes: 100_000 }, 'anonymous.maxBytes: expected at most "maxBytes" (65536), received 100000'],
    [{ maxBytes: 0 }, 'anonymous.maxBytes: expected a whole number of 1 or more'],
    [{ idle: 'soon' }, 'anonymous.idle: expected'],
    [{ ttl: 1 }, 'anonymous.ttl: expected a known option'],
  ])('are refused where they cannot work: %j', (anonymous, message) => {
    expect(() => resolveOptions({ anonymous } as never)).toThrow(message);
  });
});
