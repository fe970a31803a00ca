import { messageOf, wrongOptions } from '../../../../test/support/wrong-options.js';
import { MemoryStore } from '../memory/memory.store.js';
import { resolveOptions, type ResolvedOptions } from './resolve.js';
import type { SessionModuleOptions } from './session-module-options.js';

/** Resolves options that a JavaScript application may pass. */
function resolveAny(options: unknown): ResolvedOptions {
  return resolveOptions(options as SessionModuleOptions);
}

describe('an option that the store ignores', () => {
  const store = new MemoryStore();
  const redisOnly = {
    prefix: 'a:',
    outage: { deadline: '1s', startup: 'wait' },
    cache: true,
    durability: { replicas: 1 },
    redisChecks: { ignore: ['no-persistence'], allowEviction: ['volatile-lru'] },
  };

  it.each([
    ['in memory', {}],
    ['in memory by name', { store: 'memory' }],
    ['in a custom store', { store }],
  ])('stops the start if only Redis needs it, and sessions are %s', (_where, options) => {
    expect(wrongOptions({ ...options, ...redisOnly })).toEqual([
      ...['cache', 'durability', 'outage.deadline', 'outage.startup', 'prefix'],
      ...['redisChecks.allowEviction', 'redisChecks.ignore'],
    ]);
    expect(messageOf(() => resolveAny({ ...options, durability: { replicas: 1 } }))).toContain(
      '- durability: expected nothing unless "redis" is set, received one. Only Redis has replicas. Leave it out',
    );
    expect(
      wrongOptions({
        ...options,
        cache: false,
        redisChecks: { ignore: [] },
        outage: { policy: 'fail' },
        idle: 'soon',
      }),
    ).toEqual(['idle']);
  });

  it('stops the start if the custom store decides it', () => {
    expect(wrongOptions({ store, endReasons: '1m' })).toEqual(['endReasons']);
    expect(resolveOptions({ store: 'memory', endReasons: '1m' }).noticeTtlMs).toBe(60_000);
  });
});

describe('a store that is undefined', () => {
  it.each(['redis', 'store'])('stops the start, because the variable for "%s" is missing', (name) => {
    expect(messageOf(() => resolveAny({ [name]: undefined }))).toContain(
      `- ${name}: expected a value, received undefined. Set the variable that it comes from.`,
    );
  });

  it('goes unnoticed beside another store', () => {
    expect(resolveAny({ redis: undefined, store: 'memory' }).store).toEqual({
      kind: 'memory',
      isByName: true,
    });
    expect(resolveAny({ redis: 'redis://a', store: undefined }).store.kind).toBe('redis');
  });
});
