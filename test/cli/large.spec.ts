import { runLarge } from '../../scripts/cli-million.mjs';

const SESSIONS = 4_000;
const KEYS_PER_STEP = 250;
const LIMIT_MS = 25;

describe('the command line on many sessions', () => {
  it('reads and ends them in small steps, none of which blocks Redis', async () => {
    const runs = await runLarge(SESSIONS, () => undefined);
    for (const { command, code, calls } of runs) {
      expect([command, code]).toEqual([command, 0]);
      for (const blocking of ['keys', 'flushdb', 'flushall', 'zscan'])
        expect(calls).not.toHaveProperty(blocking);
    }
    const [stats, , scan, , everyone] = runs;
    expect(JSON.parse(stats?.output ?? '')).toMatchObject({ sessions: SESSIONS });
    expect(JSON.parse(scan?.output ?? '')).toMatchObject({ sessions: SESSIONS, orphans: 0, unindexed: 0 });
    for (const run of [stats, scan, everyone]) {
      expect(run?.calls['scan']).toBeGreaterThan(SESSIONS / KEYS_PER_STEP / 2);
    }
    // Other programs may have had the processor during a command, though not during one of each run.
    const slow = runs.filter(({ slowestMs }) => slowestMs > LIMIT_MS);
    expect(slow.length).toBeLessThan(runs.length);
  }, 120_000);
});
