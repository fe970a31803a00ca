import { SessionOptionsError } from '../core/errors/errors.js';
import { MemoryStore } from '../memory/memory.store.js';
import type { SessionModuleOptions } from './session-module-options.js';
import { resolveOptions } from './resolve.js';

const REDIS = 'redis://127.0.0.1:6379';
const DEFAULTS = { maxEntries: 10_000, maxBytes: 32 * 1024 * 1024, stalenessMs: 1_000, verifyEvery: null };
const SMALL = { maxEntries: 5, maxBytes: 16_384 };

describe('the option cache', () => {
  it.each([
    ['true', true, DEFAULTS],
    ['{}', {}, DEFAULTS],
    ['options', { ...SMALL, staleness: '100ms' }, { ...SMALL, stalenessMs: 100, verifyEvery: null }],
    ['false', false, null],
    ['nothing', undefined, null],
  ] as const)('accepts %s', (_name, cache, settings) => {
    expect(resolveOptions({ redis: REDIS, cache }).cache).toEqual(settings);
  });

  it.each<[string, unknown, string]>([
    [
      'cache',
      1,
      'expected true, or { maxEntries, maxBytes, staleness, verifyEvery }, received 1. An example:',
    ],
    ['cache', 'on', 'expected true, or { maxEntries, maxBytes, staleness, verifyEvery }, received "on".'],
    ['cache.maxEntries', { maxEntries: 0 }, 'expected a whole number from 1 to 1000000, received 0.'],
    [
      'cache.maxEntries',
      { maxEntries: Infinity },
      'expected a whole number from 1 to 1000000, received Infinity.',
    ],
    ['cache.maxBytes', { maxBytes: 1024 }, 'expected a whole number of bytes from 16384 on, received 1024.'],
    [
      'cache.staleness',
      { staleness: '50ms' },
      "expected a length of time from '100ms' to '1m', received \"50ms\".",
    ],
    ['cache.staleness', { staleness: '2m' }, "Leave it out for '1s'."],
    ['cache.verifyEvery', { verifyEvery: 0 }, 'expected a whole number of 1 or more, received 0.'],
    ['cache.ttl', { ttl: '1s' }, 'expected a known option, received one of this name. Correct the spelling'],
  ])('says what is wrong with %s', (name, cache, message) => {
    const resolve = () => resolveOptions({ redis: REDIS, cache } as SessionModuleOptions);
    expect(resolve).toThrow(SessionOptionsError);
    expect(resolve).toThrow(`- ${name}: `);
    expect(resolve).toThrow(message);
  });

  it.each([
    ['no store', {}],
    ['the store in memory', { store: 'memory' }],
    ['a store of the application', { store: new MemoryStore() }],
  ] as const)('rejects %s', (_name, store) => {
    expect(() => resolveOptions({ ...store, cache: true })).toThrow(
      '- cache: expected nothing unless "redis" is set, received one.',
    );
    expect(resolveOptions({ ...store, cache: false }).cache).toBeNull();
  });
});
