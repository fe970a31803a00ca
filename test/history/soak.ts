// `npm run test:soak -- --minutes N [--topology …] [--cache] [--seed S]`: rounds on one topology after another, each checked by
// itself. A topology ends, and this process with code 1, where an invariant is broken.
import { parseArgs } from 'node:util';
import { describeFailure, describeRound, Summary } from './report.js';
import { runRound } from './round.js';
import type { Site } from './sites/site.js';
import { openSite, siteFor, TOPOLOGIES } from './topologies.js';

const USAGE = `npm run test:soak -- [options]
  --minutes N    how long on each topology; 5 by default
  --topology T   ${Object.keys(TOPOLOGIES).join(', ')}, or all, which is the default; or one of
                 ${Object.values(TOPOLOGIES).flat().join(', ')}
  --cache        with the in-process cache
  --seed S       of the first round; each round after it has the next number
  --rounds R     ends earlier, after so many rounds
  --seconds S    how long a round is; 20 by default`;

const MAX_GIVEN_UP = 3;

const settings = readSettings();
let site: Site | null = null;

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void (site?.stop() ?? Promise.resolve()).finally(() => process.exit(130)));
}
for (const topology of settings.topologies) await soak(topology);

async function soak(topology: string): Promise<void> {
  const { minutes, rounds, firstSeed, durationMs, isCached } = settings;
  const summary = new Summary();
  const endsAt = Date.now() + minutes * 60_000;
  console.log(`${topology}: ${minutes} minutes from seed ${firstSeed}${isCached ? ', with the cache' : ''}`);
  for (let index = 0; index < rounds && Date.now() < endsAt; index += 1) {
    const seed = (firstSeed + index) >>> 0;
    site = await openSite(siteFor(topology, seed));
    try {
      const round = await runRound(site, { seed, durationMs, isCached });
      summary.add(round);
      console.log(`  ${describeRound(round)}`);
      if (round.verdict.violations.length > 0) {
        console.log(await describeFailure(round));
        process.exitCode = 1;
        break;
      }
    } catch (error) {
      // The servers did not do what they should: of the sessions that says nothing.
      console.log(`  seed ${seed} on ${site.name}: given up, ${String(error)}`);
      if (summary.giveUp() > MAX_GIVEN_UP) throw error;
    } finally {
      await site.stop();
      site = null;
    }
  }
  console.log(`\n${summary.toString(topology)}\n`);
}

function readSettings() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '5' },
      topology: { type: 'string', default: 'all' },
      cache: { type: 'boolean', default: false },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
      rounds: { type: 'string', default: 'Infinity' },
      seconds: { type: 'string', default: '20' },
    },
  });
  const [minutes, rounds, seconds, firstSeed] = [
    ...[values.minutes, values.rounds, values.seconds, values.seed].map(Number),
  ] as [number, number, number, number];
  const known = [...Object.keys(TOPOLOGIES), ...Object.values(TOPOLOGIES).flat()];
  const topologies = values.topology === 'all' ? Object.keys(TOPOLOGIES) : [values.topology];
  const areValid =
    [minutes, rounds, seconds].every((number) => number > 0) && Number.isSafeInteger(firstSeed);
  if (!areValid || !topologies.every((topology) => known.includes(topology))) {
    console.error(USAGE);
    process.exit(2);
  }
  const isCached = values.cache;
  return { minutes, rounds, firstSeed, durationMs: seconds * 1_000, topologies, isCached };
}
