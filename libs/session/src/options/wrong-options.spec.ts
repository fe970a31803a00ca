import { messageOf, wrongOptions } from '../../../../test/support/wrong-options.js';
import { resolveOptions, type ResolvedOptions } from './resolve.js';
import type { SessionModuleOptions } from './session-module-options.js';

const DAY_MS = 24 * 60 * 60_000;

/** Resolves options that a JavaScript application may pass. */
function resolveAny(options: unknown): ResolvedOptions {
  return resolveOptions(options as SessionModuleOptions);
}

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
    [
      'rotation',
      { rotation: '15m' },
      'expected { every, grace, onReuse }',
      'received "15m". An example: { every: \'15m\' }.',
    ],
    ['rotation.every', { rotation: { grace: '1m' } }, 'expected a value', 'received none. Set it'],
    [
      'rotation.every',
      { rotation: { every: [] } },
      'expected a positive length of time',
      'received an array.',
    ],
    [
      'rotation.every',
      { rotation: { every: '59s' } },
      'expected at least twice the grace',
      'received 59000 ms. Lengthen',
    ],
    [
      'rotation.grace',
      { rotation: { every: '1h', grace: 'soon' } },
      'expected a positive length of time',
      'received "soon".',
    ],
    [
      'rotation.onReuse',
      { rotation: { every: '1h', onReuse: 'panic' } },
      "expected 'report' or 'revoke'",
      'received "panic". Leave it out for \'report\'.',
    ],
    ['limit', { limit: 3 }, 'expected { max, onExceed }', 'received 3. An example:'],
    ['load', { load: 'late' }, "expected 'eager' or 'lazy'", 'received "late". Leave it out for \'eager\'.'],
    ['load', { load: true }, "expected 'eager' or 'lazy'", 'received true.'],
    ['exclude', { exclude: '/health' }, 'expected an array of paths', 'received "/health". An example:'],
    ['exclude', { exclude: /health/ }, 'expected an array of paths', 'An example:'],
    [
      'exclude',
      { exclude: ['/a', 'health'] },
      'Its item 1, "health", does not begin with "/".',
      'An example:',
    ],
    [
      'exclude',
      { exclude: [7] },
      'Its item 0, 7, is neither a text nor a regular expression.',
      'An example:',
    ],
    ['exclude', { exclude: ['/*'] }, 'Its item 0, "/*", excludes every request.', 'An example:'],
    ['exclude', { exclude: [/x/g] }, 'Its item 0, /x/g, has the flag g or y', 'An example:'],
    ['exclude', { exclude: [/x/y] }, 'Its item 0, /x/y, has the flag g or y', 'An example:'],
    ...[
      ...[
        '/a?b',
        '/a#b',
        '/a b',
        '/ü',
        '/a/*b',
        '/*/a',
        '/a*',
        '/:id',
        '/a/{*rest}',
        '/a/(.*)',
        '//a',
        '/a//b',
      ],
      ...['/a\n', '/a/*/'],
    ].map((path): [string, unknown, string, string] => [
      'exclude',
      { exclude: [path] },
      'is no path as a client sends it, encoded and without a query',
      '"/*" is allowed at its end only.',
    ]),
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
    [
      'data.keepOnSignIn',
      { data: { keepOnSignIn: 'no' } },
      'expected true or false',
      'received "no". Leave it out for true.',
    ],
    ['cookie', { cookie: 'sid' }, 'expected { name, secure, sameSite,', 'received "sid". An example:'],
    ['cookie', { cookie: null }, 'expected { name, secure, sameSite,', 'received null.'],
    [
      'data',
      { data: class Cart {} },
      'expected { class, unknownFields, values, keepOnSignIn }',
      'received a function. An example: { class: CartData }.',
    ],
    [
      'data.class',
      { data: { class: {} } },
      'expected a class with class-validator decorators',
      'Pass the class itself',
    ],
    [
      'size.max',
      { size: { max: 0 } },
      'expected a whole number of 1 or more',
      'received 0. Leave it out for 65536.',
    ],
    ['size.warn', { size: { warn: '4kb' } }, 'or Infinity, received "4kb".', 'Leave it out for 4096.'],
    ['outage', { outage: 'fail' }, 'expected { deadline, policy, startup }', 'received "fail". An example:'],
    [
      'outage.policy',
      { outage: { policy: 'wait' } },
      "expected 'fail' or 'anonymous'",
      "Leave it out for 'fail'.",
    ],
    [
      'redisChecks.ignore',
      { redisChecks: { ignore: ['no-redis'] } },
      'expected an array of names: eviction-policy',
      "received an array. An example: ['no-persistence'].",
    ],
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
    [
      'outage.deadline',
      { outage: { deadline: Infinity } },
      'expected a positive length of time',
      'received Infinity.',
    ],
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
    'stops the start with the expected value, the received value and a remedy: %s in %j',
    (name, options, expected, end) => {
      const message = messageOf(() => resolveAny(options));
      expect(message).toMatch(/^Wrong session options:\n- /);
      expect(message).toContain(`\n- ${name}: `);
      expect(message).toContain(expected);
      expect(message).toContain(end);
      expect(message).toMatch(/[.)?]$/);
    },
  );

  it('does not hide a problem in another group or in a combination', () => {
    expect(
      wrongOptions({
        ...{
          redis: 'http://a',
          idle: 'soon',
          typo: 1,
          absolute: '500d',
          rotation: { every: '1s' },
          endReasons: 30,
        },
        ...{
          limit: { max: 0 },
          cookie: { samesite: 'lax', persistent: true, partitioned: true, secure: 'auto' },
        },
        ...{
          cache: { maxBytes: 1 },
          durability: { replicas: 0, timeout: '1s' },
          size: { max: 10, warn: 11 },
        },
      }),
    ).toEqual([
      ...['absolute', 'cache.maxBytes', 'cookie.partitioned', 'cookie.samesite', 'durability.replicas'],
      ...[
        'durability.timeout',
        'endReasons',
        'idle',
        'limit.max',
        'limit.onExceed',
        'redis',
        'rotation.every',
      ],
      ...['size.warn', 'typo'],
    ]);
  });

  it('appears once, without the combinations that follow from it', () => {
    expect(wrongOptions({ idle: 'soon', absolute: '10m' })).toEqual(['idle']);
    expect(wrongOptions({ redis: 6379, prefix: 'a:', cache: true, outage: { deadline: '1s' } })).toEqual([
      'redis',
    ]);
    expect(wrongOptions({ rotation: { every: 'soon', grace: '1m' } })).toEqual(['rotation.every']);
    expect(wrongOptions({ rotation: { every: '1m', grace: 'soon' } })).toEqual(['rotation.grace']);
    expect(wrongOptions({ cookie: { secure: 'yes', sameSite: 'none' } })).toEqual(['cookie.secure']);
    const durability = { replicas: 1, timeout: '200ms' };
    expect(wrongOptions({ redis: 'redis://a', outage: { deadline: 'soon' }, durability })).toEqual([
      'outage.deadline',
    ]);
  });

  it('stops the start if a getter of a class returns it', () => {
    class Config {
      get redis() {
        return 'redis://a';
      }

      get idle() {
        return 'soon';
      }
    }
    expect(wrongOptions(new Config())).toEqual(['idle']);
  });
});

describe('a value in place of the options', () => {
  it.each([
    [null, 'null'],
    [undefined, 'undefined'],
    ['redis://user:hunter2@a', '"redis://…@a"'],
    [6379, '6379'],
    [[], 'an array'],
    [() => ({}), 'a function'],
  ])('stops the start if it is no object: %j', (options, seen) => {
    const message = messageOf(() => resolveAny(options));
    expect(message).toContain(`expected an object of options, received ${seen}. Give the options to`);
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
  ])('stays out of every message: %j', (options) => {
    expect(messageOf(() => resolveAny(options))).not.toContain('hunter2');
  });
});
