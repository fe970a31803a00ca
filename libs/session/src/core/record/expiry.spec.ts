import { idleWindowMs, NO_IDLE_MS, timeoutProblems, touchDueAfterMs } from './expiry.js';

const DAY_MS = 24 * 60 * 60_000;

describe('the timeouts of a session', () => {
  const optionsWithProblem = (idleMs: number, absoluteMs: number, isPersistent: boolean) =>
    timeoutProblems({ idleMs, absoluteMs }, isPersistent).map(({ option }) => option);

  it.each([
    ['an idle timeout equal to the absolute timeout', DAY_MS, DAY_MS, false, []],
    ['an idle timeout above the absolute timeout', DAY_MS + 1, DAY_MS, false, ['idle']],
    ['no idle timeout', NO_IDLE_MS, DAY_MS, true, []],
    ['a persistent cookie of 400 days', DAY_MS, 400 * DAY_MS, true, []],
    ['a persistent cookie of more than 400 days', DAY_MS, 400 * DAY_MS + 1, true, ['absolute']],
    ['more than 400 days without a persistent cookie', DAY_MS, 500 * DAY_MS, false, []],
    ['both conflicts', 502 * DAY_MS, 501 * DAY_MS, true, ['idle', 'absolute']],
  ])('timeoutProblems() checks %s', (_case, idleMs, absoluteMs, isPersistent, options) => {
    expect(optionsWithProblem(idleMs, absoluteMs, isPersistent)).toEqual(options);
  });

  it('a session is touched after a tenth of its idle timeout, and kept for that much longer', () => {
    expect(touchDueAfterMs(1_005)).toBe(100);
    expect(idleWindowMs(1_005)).toBe(1_105);
  });

  it('a session without an idle timeout is touched once an hour', () => {
    expect(touchDueAfterMs(NO_IDLE_MS)).toBe(60 * 60_000);
  });
});
