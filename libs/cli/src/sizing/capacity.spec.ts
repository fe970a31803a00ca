import { busyShare, hitRateFor, mastersFor, parseCapacity, type Rates, sustainedRate } from './capacity.js';
import { OPERATIONS } from './traffic.js';

const CAPACITY = {
  measuredOn: 'a test',
  cpuMicros: { read: 5, firstRead: 10, trackedRead: 10, touch: 20, write: 20, signIn: 40, signOut: 20 },
};
const NONE = Object.fromEntries(OPERATIONS.map((name) => [name, 0])) as Rates;
const BUSY_AT_MOST = 0.5;

describe('the capacity of one Redis', () => {
  it('adds the time of all operations', () => {
    expect(busyShare({ ...NONE, read: 10_000, touch: 1_000, heartbeat: 100 }, CAPACITY)).toBeCloseTo(0.072);
  });

  it('sustains as many operations as fit into its share of a second', () => {
    expect(sustainedRate('read', CAPACITY, BUSY_AT_MOST)).toBe(100_000);
  });

  it('needs a master for each share of the load', () => {
    expect(mastersFor({ ...NONE, read: 100_000 }, CAPACITY, BUSY_AT_MOST)).toBe(1);
    expect(mastersFor({ ...NONE, read: 100_001 }, CAPACITY, BUSY_AT_MOST)).toBe(2);
    expect(mastersFor(NONE, CAPACITY, BUSY_AT_MOST)).toBe(1);
  });

  it('returns the hit rate that leaves as many reads as a master handles', () => {
    const oneMaster = { masters: 1, busyAtMost: BUSY_AT_MOST };
    const others = { ...NONE, touch: 5_000 };
    // 0.4 s of 0.5 s are left for misses of 10 µs: 40,000 of 200,000.
    const reads = (perSecond: number) => ({ perSecond, uncachedMicros: 5, missMicros: 10 });
    expect(hitRateFor(reads(200_000), others, CAPACITY, oneMaster)).toBeCloseTo(0.8);
    expect(hitRateFor(reads(80_000), others, CAPACITY, oneMaster)).toBe(0);
    expect(hitRateFor(reads(1), { ...NONE, touch: 25_000 }, CAPACITY, oneMaster)).toBeNull();
  });

  it('reads the figures of a file, and rejects other files', () => {
    expect(parseCapacity(JSON.stringify(CAPACITY))).toEqual(CAPACITY);
    expect(() => parseCapacity('no')).toThrow(/--capacity: expected what .* received no JSON/);
    expect(() => parseCapacity('{}')).toThrow(/received nothing as "measuredOn"/);
    expect(() => parseCapacity('{"measuredOn":"x","cpuMicros":{"read":0}}')).toThrow(
      /received 0 as "cpuMicros.read"/,
    );
  });
});
