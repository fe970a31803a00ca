import { type Plan, planOf, type Workload } from './plan.js';
import { DEFAULT_LAYOUT } from './redis-structures.js';

const WORKLOAD: Workload = {
  shapes: [
    {
      ...{ prefixBytes: 8, userIdBytes: 12, deviceBytes: 16, addressBytes: 12, isRotated: false },
      fields: [{ nameBytes: 5, valueBytes: 26 }],
      ...{ idleMs: 1_800_000, absoluteMs: 43_200_000, activeForMs: 21_600_000 },
    },
  ],
  calibration: 1,
  sessions: 100_000,
  users: 100_000,
  load: { requests: 10_000, signIns: 5, signOuts: 1, writes: 100, activeSessions: 100_000 },
  processes: 10,
  cache: null,
  isDurable: false,
  topology: { kind: 'standalone', replicasPerMaster: 0 },
  persistence: 'none',
  layout: DEFAULT_LAYOUT,
  fragmentation: 1.2,
  capacity: {
    measuredOn: 'a test',
    cpuMicros: { read: 5, firstRead: 10, trackedRead: 10, touch: 20, write: 20, signIn: 40, signOut: 20 },
  },
};

function planWith(changes: Partial<Workload>): Plan {
  return planOf({ ...WORKLOAD, ...changes });
}

const PLAN = planOf(WORKLOAD);
const CLUSTER = { kind: 'cluster', masters: 4, replicasPerMaster: 1 } as const;
const CACHE = { hitRate: 0.9, stalenessMs: 1_000 };

describe('a plan', () => {
  it('divides sessions and load among the masters of a Cluster', () => {
    const plan = planWith({ topology: CLUSTER, sessions: 400_000, users: 400_000 });
    expect(plan.masters).toBe(4);
    expect(plan.servers).toBe(8);
    // A key of a Cluster takes 16 bytes more.
    expect(plan.memory.sessions - PLAN.memory.sessions).toBeCloseTo(100_000 * 16);
    expect(plan.busyShare).toBeLessThan(PLAN.busyShare / 3);
    expect(plan.memory.replication).toBeGreaterThan(0);
  });

  it('touches each active session once in a tenth of its idle timeout, and never more often than it has requests', () => {
    expect(PLAN.rates.touch).toBeCloseTo(100_000 / (180 + 10));
    const rare = planWith({ load: { ...WORKLOAD.load, requests: 1 } });
    expect(rare.rates.touch).toBeLessThan(1);
    expect(planWith({ load: { ...WORKLOAD.load, requests: 0 } }).rates.touch).toBe(0);
  });

  it('reads sessions that a process does not remember by a script', () => {
    expect(PLAN.rates).toMatchObject({ read: 10_000, firstRead: 0 });
    const many = planWith({ load: { ...WORKLOAD.load, activeSessions: 1_000_000 } });
    expect(many.rates.read).toBeCloseTo(2_000);
    expect(many.rates.firstRead).toBeCloseTo(8_000);
  });

  it('with the cache, Redis gets the misses, and sends invalidations', () => {
    const plan = planWith({ cache: CACHE });
    expect(plan.rates.trackedRead).toBeCloseTo(1_000);
    expect(plan.rates.read).toBe(0);
    expect(plan.rates.heartbeat).toBe(30);
    expect(plan.rates.invalidation).toBeCloseTo(1_000); // as many copies as there were misses
    expect(plan.memory.trackingTable).toBeGreaterThan(100_000 * 100);
    expect(plan.connections.total).toBe(3);
  });

  it('as many sessions expire as begin, unless a sign-out ends them', () => {
    expect(PLAN.rates).toMatchObject({ signIn: 5, signOut: 1, expiry: 4 });
  });

  it('leaves a fifth of maxmemory free, and room for tables that double', () => {
    expect(PLAN.maxmemoryBytes).toBeGreaterThanOrEqual(PLAN.memory.used / 0.8);
    expect(PLAN.memory.usedWhileTablesDouble - PLAN.memory.used).toBe(2 * PLAN.memory.keyTables);
    expect(PLAN.serverBytes).toBeCloseTo(PLAN.maxmemoryBytes * 1.2);
  });

  it('reserves memory for snapshots only if there are some, and at most as much as is used', () => {
    expect(PLAN.copyOnWriteBytes).toBe(0);
    expect(planWith({ persistence: 'rdb' }).copyOnWriteBytes).toBeGreaterThan(0);
    const busy = planWith({ persistence: 'rdb', load: { ...WORKLOAD.load, writes: 1e6 } });
    expect(busy.copyOnWriteBytes).toBeCloseTo(busy.memory.used);
    const replica = planWith({ topology: { kind: 'standalone', replicasPerMaster: 1 } });
    expect(replica.copyOnWriteBytes).toBeGreaterThan(0);
  });

  it('sends each write to each replica, and appends it with AOF', () => {
    const plan = planWith({ topology: { kind: 'standalone', replicasPerMaster: 2 }, persistence: 'aof' });
    expect(plan.sentByMaster).toBeCloseTo(plan.traffic.sent + 2 * plan.traffic.replicated);
    expect(plan.appended).toBe(plan.traffic.replicated);
    expect(PLAN.appended).toBe(0);
  });

  it('corrects the sessions by what a sample has measured', () => {
    const plan = planWith({ calibration: 1.1 });
    expect(plan.memory.sessions).toBeCloseTo(1.1 * PLAN.memory.sessions);
    expect(plan.memory.indexes).toBe(PLAN.memory.indexes);
  });

  it('anonymous sessions have no index', () => {
    const [shape] = WORKLOAD.shapes;
    const plan = planWith({ users: 0, shapes: [{ ...shape!, userIdBytes: null }] });
    expect([plan.indexBytes, plan.memory.indexes]).toEqual([0, 0]);
    expect(plan.traffic.replicated).toBeLessThan(PLAN.traffic.replicated);
  });
});
