import { SessionOptionsError } from '../core/errors/errors.js';
import { NO_IDLE_MS } from '../core/record/expiry.js';
import type { SignInOptions } from './sign-in-options.js';
import { resolveOptions } from './resolve.js';
import { resolveSignIn } from './resolve-sign-in.js';

const DAY_MS = 24 * 60 * 60_000;

describe('a sign-in', () => {
  const defaults = resolveOptions({ idle: '10m', absolute: '1h', data: { keepOnSignIn: false } });
  const resolve = (options: unknown) => resolveSignIn(options as SignInOptions, defaults);

  it('leaves the lifetime to the session and the module where it decides nothing', () => {
    expect(resolve({})).toEqual({ timeouts: {}, keepData: false });
    const explicit = { idle: undefined, absolute: undefined, persistent: undefined, keepData: undefined };
    expect(resolve(explicit)).toEqual({ timeouts: {}, keepData: false });
  });

  it('overrides the options of the module', () => {
    expect(resolve({ idle: '1d', absolute: '30d', persistent: true, keepData: true })).toEqual({
      timeouts: { idleMs: DAY_MS, absoluteMs: 30 * DAY_MS },
      ...{ persistent: true, keepData: true },
    });
    expect(resolve({ idle: 'none', onExceed: 'reject' })).toEqual({
      timeouts: { idleMs: NO_IDLE_MS },
      ...{ onExceed: 'reject', keepData: false },
    });
  });

  it('accepts a point in time as the end of the session', () => {
    const absolute = new Date(Date.UTC(2030, 0, 1));
    expect(resolve({ absolute })).toEqual({
      timeouts: {},
      absoluteEndAt: absolute.getTime(),
      keepData: false,
    });
  });

  it('accepts a function', async () => {
    const { idleMs } = resolve({ idle: () => '5m' }).timeouts ?? {};
    const question = { user: null, record: null, activity: null };
    expect(typeof idleMs === 'function' && (await idleMs(question))).toBe(300_000);
  });

  it.each([
    [
      { idle: 'soon' },
      /^Wrong sign-in options:\n- idle: expected a positive length of time.*received "soon"\. /,
    ],
    [{ absolute: 0 }, /^Wrong sign-in options:\n- absolute: .*received 0\. /],
    [{ idle: 30 }, /Without a unit that is 30 ms/],
    [{ idle: new Date() }, /- idle: expected a positive length of time/],
    [{ absolute: new Date(NaN) }, /- absolute: .*or a Date, received/],
    [{ absolute: 'none' }, /- absolute: expected/],
    [{ idle: '2h', absolute: '1h' }, /idle: expected at most the absolute timeout/],
    [{ absolute: '500d', persistent: true }, /absolute: expected at most 400 days/],
    [
      { persistent: 'yes', keepData: 1, device: 5, onExceed: 'kick' },
      /(?=.*- persistent: )(?=.*- keepData: )(?=.*- device: ).*- onExceed: /s,
    ],
    [{ maxAge: 5 }, /- maxAge: expected a known option.*"absolute"/],
    [null, /expected an object of options, received null/],
  ])('rejects %j', (options, message) => {
    expect(() => resolve(options)).toThrow(SessionOptionsError);
    expect(() => resolve(options)).toThrow(message);
  });
});
