// Gathers the tagged tests of a run into reports/evidence/, a file for each tier, for the pages that list them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tagsOf } from './evidence.mjs';

const FOLDER = join(import.meta.dirname, '../../reports/evidence');

export default class EvidenceReporter {
  onRunComplete(_contexts, { testResults }) {
    for (const [tier, evidence] of byTier(testResults)) {
      mkdirSync(FOLDER, { recursive: true });
      writeFileSync(join(FOLDER, `${tier}.json`), JSON.stringify(evidence, null, 2));
    }
  }
}

function byTier(results) {
  const tiers = new Map();
  for (const { displayName, testResults } of results) {
    const evidence = testResults
      .filter(({ status, title }) => status !== 'pending' && tagsOf(title).length > 0)
      .map(({ title, fullName, status }) => ({ tags: tagsOf(title), title, fullName, status }));
    const tier = displayName?.name ?? 'all';
    if (evidence.length > 0) tiers.set(tier, [...(tiers.get(tier) ?? []), ...evidence]);
  }
  return tiers;
}
