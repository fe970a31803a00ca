import { jest } from '@jest/globals';
import { Meter } from './statistics.js';
import { SessionTally } from './tally.js';

const WINDOW_MS = 10_000;

describe('statistics', () => {
  let now = 0;
  beforeEach(() => {
    now = 123_456;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
  });
  afterEach(() => void jest.restoreAllMocks());

  it('reports the first unknown token, and then at most one number of them every ten seconds', () => {
    const tally = new SessionTally();
    const countAfter = (ms: number) => {
      now += ms;
      return tally.countUnknown();
    };
    expect([countAfter(0), countAfter(1), countAfter(WINDOW_MS - 2)]).toEqual([1, null, null]);
    expect([countAfter(1), countAfter(1), countAfter(WINDOW_MS)]).toEqual([3, null, 2]);
    expect(tally.cookies).toEqual({ malformed: 0, forged: 0, dead: 0, unknown: 6 });
    expect(tally.anonymous).toEqual({ created: 0, refused: 0 });
  });

  it('counts calls and failures since the start', () => {
    const meter = new Meter();
    expect(meter.read()).toEqual({ calls: 0, failures: 0, latencyMs: null });
    meter.recordCall('load', now - 1);
    meter.recordCall('load', now - 1);
    meter.recordFailure('timeout');
    expect(meter.read()).toMatchObject({ calls: 2, failures: 1 });
    now += 10 * WINDOW_MS;
    expect(meter.read()).toEqual({ calls: 2, failures: 1, latencyMs: null });
  });

  it('reports the latency in milliseconds, also of a call that took no time', () => {
    const meter = new Meter();
    for (let call = 0; call < 98; call++) meter.recordCall('load', now - 2);
    for (let call = 0; call < 2; call++) meter.recordCall('load', now - 50);
    const { p50, p99 } = meter.read().latencyMs!;
    expect(p50).toBeCloseTo(2, 2);
    expect(p99).toBeCloseTo(50, 0);
    const instant = new Meter();
    instant.recordCall('load', now);
    expect(instant.read().latencyMs).toEqual({ p50: 0.001, p99: 0.001 });
  });

  it('the latency is of the last ten to twenty seconds', () => {
    const meter = new Meter();
    const call = (latencyMs: number) => meter.recordCall('load', now - latencyMs);
    const slowestAfter = (ms: number) => {
      now += ms;
      return Math.round(meter.read().latencyMs?.p99 ?? 0);
    };
    call(400);
    expect(slowestAfter(WINDOW_MS - 1)).toBe(400);
    call(30);
    expect(slowestAfter(1)).toBe(400);
    call(5);
    expect(slowestAfter(WINDOW_MS - 1)).toBe(400);
    expect(slowestAfter(1)).toBe(5);
    expect(slowestAfter(WINDOW_MS)).toBe(0);
  });

  it('an idle window separates the calls before it from the calls after it', () => {
    const meter = new Meter();
    meter.recordCall('load', now - 400);
    now += WINDOW_MS;
    meter.recordCall('load', now - 300);
    now += 2 * WINDOW_MS;
    meter.recordCall('load', now - 5);
    expect(Math.round(meter.read().latencyMs!.p99)).toBe(5);
    now += WINDOW_MS;
    expect(Math.round(meter.read().latencyMs!.p99)).toBe(5);
  });
});
