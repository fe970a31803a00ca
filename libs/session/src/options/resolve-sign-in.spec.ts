import { SessionOptionsError } from '../core/errors.js';
import { resolveOptions } from './resolve.js';
import { resolveSignIn } from './resolve-sign-in.js';

const DAY_MS = 24 * 60 * 60_000;

describe('a sign-in', () => {
  const defaults = resolveOptions({ idle: '10m', absolute: '1h', keepDataOnSignIn: false });

  it('goes by the options of the module', () => {
    const timeouts = { idleMs: 600_000, absoluteMs: 3_600_000 };
    expect(resolveSignIn({}, defaults)).toEqual({ timeouts, persistent: false, keepData: false });
    const explicit = { idle: undefined, absolute: undefined, persistent: undefined, keepData: undefined };
    expect(resolveSignIn(explicit, defaults)).toEqual({ timeouts, persistent: false, keepData: false });
  });

  it('may decide for itself', () => {
    const own = { idle: '1d', absolute: '30d', persistent: true, keepData: true };
    expect(resolveSignIn(own, defaults)).toEqual({
      timeouts: { idleMs: DAY_MS, absoluteMs: 30 * DAY_MS },
      ...{ persistent: true, keepData: true },
    });
  });

  it.each([
    [
      { idle: 'soon' },
      /^Wrong sign-in options:\n- idle: expected a positive length of time.*received "soon"\.$/,
    ],
    [{ absolute: 0 }, /^Wrong sign-in options:\n- absolute: .*received 0\.$/],
    [{ idle: '2h' }, /idle: expected at most the absolute timeout/],
    [{ absolute: '500d', persistent: true }, /absolute: expected at most 400 days/],
  ])('may not decide on %j', (options, message) => {
    const resolve = () => resolveSignIn(options, defaults);
    expect(resolve).toThrow(SessionOptionsError);
    expect(resolve).toThrow(message);
  });
});
