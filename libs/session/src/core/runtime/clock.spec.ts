import { jest } from '@jest/globals';
import { steadyClock, systemClock } from './clock.js';
import { timerMs } from './timer.js';

const HOUR_MS = 60 * 60_000;

describe('the clocks of the process', () => {
  afterEach(() => void jest.restoreAllMocks());

  it('agree with the time of the machine, in whole milliseconds', () => {
    for (const clock of [systemClock, steadyClock]) {
      expect(Math.abs(clock.now() - Date.now())).toBeLessThan(60_000);
      expect(Number.isInteger(clock.now())).toBe(true);
    }
  });

  it('the steady clock continues if the time of the machine is set', () => {
    const before = steadyClock.now();
    jest.spyOn(Date, 'now').mockReturnValue(before + HOUR_MS);
    expect(systemClock.now()).toBe(before + HOUR_MS);
    expect(steadyClock.now() - before).toBeLessThan(60_000);
  });

  it('a delay is limited to the maximum of a Node.js timer', () => {
    expect(timerMs(1_000)).toBe(1_000);
    expect(timerMs(2 ** 31)).toBe(2 ** 31 - 1);
  });
});
