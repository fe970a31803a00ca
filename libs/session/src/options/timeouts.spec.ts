import { wrongOptions } from '../../../../test/support/wrong-options.js';
import { SessionOptionsError } from '../core/errors/errors.js';
import { NO_IDLE_MS } from '../core/record/expiry.js';
import { resolveOptions } from './resolve.js';
import type { SessionModuleOptions } from './session-module-options.js';
import type { TimeoutInput } from './timeouts.js';

describe('a timeout', () => {
  const ask = (option: SessionModuleOptions, name: 'idleMs' | 'absoluteMs', question: object = {}) => {
    const source = resolveOptions(option).timeouts[name];
    if (typeof source === 'number') return source;
    return source({ user: null, record: null, activity: null, ...question });
  };

  it("accepts 'none' as an idle timeout only", () => {
    expect(ask({ idle: 'none' }, 'idleMs')).toBe(NO_IDLE_MS);
    expect(ask({ idle: 'none', absolute: '1m' }, 'absoluteMs')).toBe(60_000);
    expect(wrongOptions({ absolute: 'none' })).toEqual(['absolute']);
  });

  it('accepts a function of the user, the session and the activity', async () => {
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
      () => Promise.reject(new Error('unreachable')),
      'idle: expected a length of time from the function, but it threw: unreachable',
    ],
  ])('fails if the function returns no length of time: %s', async (idle, message) => {
    const asking = ask({ idle } as SessionModuleOptions, 'idleMs');
    await expect(asking).rejects.toBeInstanceOf(SessionOptionsError);
    await expect(asking).rejects.toThrow(message);
  });

  it('escapes the comparison at start if a function returns it', () => {
    resolveOptions({ idle: () => '1d', absolute: '1h' });
    resolveOptions({ idle: '1d', absolute: () => '1h' });
    expect(wrongOptions({ idle: () => '1d', absolute: '500d', cookie: { persistent: true } })).toEqual([
      'absolute',
    ]);
  });
});
