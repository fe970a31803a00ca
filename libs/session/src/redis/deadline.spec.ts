import { setTimeout as wait } from 'node:timers/promises';
import { withDeadline } from './deadline.js';
import { stallTimeoutMs } from './stalled-replies.js';

const LONG_MS = 25 * 24 * 3_600_000;

describe('a deadline that is longer than a timer of Node.js takes', () => {
  it('does not come at once', async () => {
    const outcome = withDeadline(wait(20, 'an answer'), LONG_MS);
    await expect(outcome).resolves.toBe('an answer');
  });

  it('gives a silence that a timer takes', () => {
    expect(stallTimeoutMs(LONG_MS)).toBeLessThan(2 ** 31);
  });
});
