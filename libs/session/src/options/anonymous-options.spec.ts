import { resolveOptions } from './resolve.js';

describe('the option anonymous', () => {
  const anonymousOf = (options: object) => resolveOptions(options).anonymous;

  it('defaults to shorter timeouts and a smaller size than those of users', () => {
    expect(anonymousOf({})).toEqual({
      timeouts: { idleMs: 15 * 60_000, absoluteMs: 4 * 60 * 60_000 },
      maxBytes: 8_192,
    });
  });

  it('never exceeds the timeouts and the size of users by default', () => {
    expect(anonymousOf({ idle: '5m', absolute: '1h', size: { max: 1_000, warn: 500 } })).toEqual({
      timeouts: { idleMs: 5 * 60_000, absoluteMs: 60 * 60_000 },
      maxBytes: 1_000,
    });
    expect(anonymousOf({ anonymous: { absolute: '10m' } }).timeouts.idleMs).toBe(10 * 60_000);
  });

  it('never exceeds the timeout that a function returns without a user', async () => {
    const { idleMs, absoluteMs } = anonymousOf({ idle: () => '5m', absolute: () => '1 day' }).timeouts;
    const question = { user: null, record: null, activity: null };
    const ask = (source: typeof idleMs) => (typeof source === 'number' ? source : source(question));
    expect([await ask(idleMs), await ask(absoluteMs)]).toEqual([5 * 60_000, 4 * 60 * 60_000]);
    expect(anonymousOf({ idle: 'none' }).timeouts.idleMs).toBe(15 * 60_000);
  });

  it('takes the given values', () => {
    const anonymous = { idle: '1h', absolute: '2 days', maxBytes: 16_384 };
    expect(anonymousOf({ anonymous })).toEqual({
      timeouts: { idleMs: 60 * 60_000, absoluteMs: 2 * 24 * 60 * 60_000 },
      maxBytes: 16_384,
    });
  });

  it.each([
    [{ idle: '5h' }, 'anonymous.idle: expected at most the absolute timeout of an anonymous session'],
    [{ maxBytes: 100_000 }, 'anonymous.maxBytes: expected at most "size.max" (65536), received 100000'],
    [{ maxBytes: 0 }, 'anonymous.maxBytes: expected a whole number of 1 or more'],
    [{ idle: 'soon' }, 'anonymous.idle: expected'],
    [{ ttl: 1 }, 'anonymous.ttl: expected a known option'],
  ])('rejects values that cannot work: %j', (anonymous, message) => {
    expect(() => resolveOptions({ anonymous } as never)).toThrow(message);
  });
});
