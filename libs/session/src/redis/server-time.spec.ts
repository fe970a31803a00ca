import { jest } from '@jest/globals';
import { ServerTime } from './server-time.js';

const HOUR_MS = 3_600_000;
const machineTime = Date.now;

afterEach(() => jest.restoreAllMocks());

function setClocks({ wallMs = 0, monotonicMs = 0 }: { wallMs?: number; monotonicMs?: number } = {}): void {
  const steady = Math.floor(performance.now());
  jest.spyOn(Date, 'now').mockImplementation(() => machineTime() + wallMs);
  jest.spyOn(performance, 'now').mockImplementation(() => steady + monotonicMs);
}

describe('the time of the server', () => {
  it('continues from the last reply of the server', () => {
    const time = new ServerTime(() => Promise.reject(new Error('away')));
    setClocks({});
    time.synchronise(1_000_000, performance.now());
    expect(time.now()).toBe(1_000_000);
    setClocks({ wallMs: 5_000, monotonicMs: 5_000 });
    expect(time.now()).toBe(1_005_000);
  });

  it('does not move when the clock of the machine is set, and is read once from the server', () => {
    let reads = 0;
    const read = () => {
      reads += 1;
      return new Promise<number>(() => undefined);
    };
    const time = new ServerTime(read);
    time.synchronise(1_000_000, performance.now());
    const before = time.now();
    setClocks({ wallMs: -HOUR_MS });
    const distances = [time.now(), time.now()].map((now) => Math.abs(now - before));
    expect(Math.max(...distances)).toBeLessThan(1_000);
    expect(reads).toBe(1);
  });

  it('reads the server again after the machine has slept, which the monotonic clock does not count', async () => {
    const time = new ServerTime(() => Promise.resolve(1_000_000 + HOUR_MS));
    time.synchronise(1_000_000, performance.now());
    setClocks({ wallMs: HOUR_MS });
    time.now();
    await Promise.resolve();
    await Promise.resolve();
    expect(time.now()).toBe(1_000_000 + HOUR_MS);
  });

  it('reads the server again at the next call if the server did not answer', async () => {
    let reads = 0;
    const time = new ServerTime(() => {
      reads += 1;
      return Promise.reject(new Error('away'));
    });
    setClocks({ wallMs: HOUR_MS });
    time.now();
    await new Promise((resolve) => setImmediate(resolve));
    time.now();
    expect(reads).toBe(2);
  });

  describe.each([
    ['a reply that a busy process reads late does not set it back', 1_000_200, 900, 1_001_000],
    ['a late reply that is ahead of it sets it forward', 1_005_000, 900, 1_005_000],
    ['a time from before the request sets it back', 1_000_050, 900, 1_000_050],
    ['a prompt reply leaves it as it is', 1_001_000, 0, 1_001_000],
  ])('after a second', (title, serverNow, tookMs, expected) => {
    it(title, () => {
      setClocks();
      const time = new ServerTime(() => Promise.reject(new Error('away')));
      const start = performance.now();
      time.synchronise(1_000_000, start);
      setClocks({ monotonicMs: 1_000, wallMs: 1_000 });

      time.synchronise(serverNow, performance.now() - tookMs);

      expect(time.now()).toBe(expected);
    });
  });
});
