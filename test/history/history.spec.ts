import { jest } from '@jest/globals';
import { canRunTopologies } from '../support/redis-node.js';
import { describeFailure, describeRound } from './report.js';
import { runRound } from './round.js';
import type { Site } from './sites/site.js';
import { openSite } from './topologies.js';

const DURATION_MS = 3_000;
// Processes start slowly on a busy machine.
jest.setTimeout(120_000);

const onTopologies = canRunTopologies ? describe : describe.skip;

/** Runs a short version of `npm run test:soak`, which runs as long as required, with a new seed each time. */
onTopologies.each(['standalone/aof-always', 'sentinel', 'cluster'] as const)(
  'a history of many clients and many faults on %s',
  (name) => {
    let site: Site;

    beforeAll(async () => {
      site = await openSite(name);
    });
    afterAll(() => site?.stop());

    it.each([
      ['without a cache', false],
      ['with the cache in each of three processes', true],
    ])('a history of many clients and faults keeps the invariants %s', async (_how, isCached) => {
      const seed = Math.floor(Math.random() * 2 ** 32);
      const round = await runRound(site, { seed, durationMs: DURATION_MS, isCached });
      if (round.verdict.violations.length > 0) throw new Error(await describeFailure(round));
      console.info(describeRound(round));
      expect(round.history.steps.length).toBeGreaterThan(100);
      expect(round.history.faults).not.toEqual([]);
      const copies = round.history.steps.filter((step) => step.f === 'read' && step.isCopy);
      expect(copies.length > 0).toBe(isCached);
    });
  },
);
