// Gathers the tagged tests of a run into reports/evidence/, a file for each tier, for the pages that list them.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { tagsOf } from './evidence.mjs';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(ROOT, 'reports/evidence');

export default class EvidenceReporter {
  onRunComplete(_contexts, { testResults }) {
    mkdirSync(FOLDER, { recursive: true });
    const results = testResults.filter(({ displayName }) => displayName);
    for (const tier of new Set(results.map(({ displayName }) => displayName.name))) {
      write(
        tier,
        results.filter(({ displayName }) => displayName.name === tier),
      );
    }
  }
}

/** Replaces the evidence of the test files that were run, and keeps that of the others. */
function write(tier, results) {
  const path = join(FOLDER, `${tier}.json`);
  const files = new Set(results.map(({ testFilePath }) => relative(ROOT, testFilePath)));
  const kept = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : [];
  const evidence = [
    ...kept.filter(({ file }) => !files.has(file) && existsSync(join(ROOT, file))),
    ...results.flatMap(evidenceIn),
  ];
  writeFileSync(path, JSON.stringify(evidence, null, 2));
}

function evidenceIn({ testFilePath, testResults }) {
  return testResults
    .filter(({ status, title }) => status !== 'pending' && tagsOf(title).length > 0)
    .map(({ title, fullName, status }) => {
      return { file: relative(ROOT, testFilePath), tags: tagsOf(title), title, fullName, status };
    });
}
