import { messageOf } from '../../../../test/support/wrong-options.js';
import { resolveOptions, type ResolvedOptions } from './resolve.js';
import type { SessionModuleOptions } from './session-module-options.js';

/** Resolves options that a JavaScript application may pass. */
function resolveAny(options: unknown): ResolvedOptions {
  return resolveOptions(options as SessionModuleOptions);
}

describe('a length of time without a unit', () => {
  it.each([
    [
      { idle: 30 },
      "idle: expected a positive length of time, such as '30m' or 1800000 (milliseconds), 'none', or a function that returns one, received 30.",
    ],
    [{ idle: 30 }, "Without a unit that is 30 ms. Did you mean '30s' or '30m'? Else write '30ms'."],
    [{ idle: '30' }, "Without a unit that is 30 ms. Did you mean '30s' or '30m'? Else write '30ms'."],
    [{ absolute: 12, idle: '1ms' }, "Did you mean '12s' or '12m'?"],
    [{ rotation: { every: 999 } }, "Did you mean '999s' or '999m'?"],
    [{ rotation: { every: '1h', grace: 30 } }, "Did you mean '30s' or '30m'?"],
    [{ endReasons: 10 }, "Did you mean '10s' or '10m'?"],
    [{ redis: 'redis://a', outage: { deadline: 1 } }, "Did you mean '1s' or '1m'?"],
    [{ redis: 'redis://a', durability: { replicas: 1, timeout: 5 } }, "Did you mean '5s' or '5m'?"],
  ])('stops the start with a question if it is too short: %j', (options, question) => {
    expect(messageOf(() => resolveAny(options))).toContain(question);
  });

  it('differs from the same length with its unit, which is accepted', () => {
    expect(resolveOptions({ idle: '30ms', absolute: 1_000, endReasons: '1ms' })).toMatchObject({
      ...{ timeouts: { idleMs: 30, absoluteMs: 1_000 }, noticeTtlMs: 1 },
    });
    expect(resolveOptions({ redis: 'redis://a', outage: { deadline: 10 } }).outage.deadlineMs).toBe(10);
  });

  it.each([
    [
      { idle: 1_800, absolute: 43_200 },
      ['"idle" is 1800. Without a unit that is 1800 ms.', '"absolute" is 43200.'],
    ],
    [{ idle: '59999' }, ["Did you mean '59999s' or '59999m'? Else write '59999ms'."]],
    [{ idle: 60_000, absolute: 3_600_000 }, []],
    [{ idle: '1s', absolute: '2s' }, []],
  ])('causes a question in the log if it may be seconds: %j', (options, warnings) => {
    const found = resolveOptions(options).warnings;
    expect(found).toEqual(warnings.map((warning) => expect.stringContaining(warning) as string));
  });
});
