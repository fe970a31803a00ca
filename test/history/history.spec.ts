import { jest } from '@jest/globals';
import { canRunTopologies } from '../support/redis-node.js';
import { describeFailure, describeRound } from './report.js';
import { runRound } from './round.js';
import { openSite } from './topologies.js';

const DURATION_MS = 3_000;
// Processes take their time to start on a machine that is busy.
jest.setTimeout(120_000);

const onTopologies = canRunTopologies ? describe : describe.skip;

/** A glimpse of what `npm run test:soak` does for as long as one likes, with another seed every time. */
onTopologies('a history of many clients and many faults', () => {
  it.each(['standalone/aof-always', 'sentinel', 'cluster'] as const)(
    'keeps to the invariants on %s',
    async (name) => {
      const site = await openSite(name);
      try {
        const seed = Math.floor(Math.random() * 2 ** 32);
        const round = await runRound(site, { seed, durationMs: DURATION_MS });
        if (round.verdict.violations.length > 0) throw new Error(await describeFailure(round));
        console.info(describeRound(round));
        expect(round.history.steps.length).toBeGreaterThan(100);
        expect(round.history.faults).not.toEqual([]);
      } finally {
        await site.stop();
      }
    },
  );
});
