import { type Evidence, withoutTags } from '../support/evidence.mjs';
import type { Row } from './rows.js';

const MAX_TITLES = 3;

/** Returns the rows as a table, each with the tagged tests that a run has passed. */
export function tableOf(rows: readonly Row[], evidence: readonly Evidence[]): string {
  const lines = rows.map((row) => `| ${row.id} | ${row.requirement} | ${outcomeOf(row, evidence)} |`);
  return ['| Row | Requirement, in our words | Tests |', '| --- | --- | --- |', ...lines].join('\n');
}

/** @throws Error if a row has no test, or a test that failed or ran on one platform only */
function outcomeOf({ id, notApplicable }: Row, evidence: readonly Evidence[]): string {
  if (notApplicable !== null) return `does not apply: ${notApplicable}`;
  const tests = evidence.filter(({ tags }) => tags.includes(id));
  if (tests.length === 0) throw new Error(`${id} has no test. Run npm run test:all.`);
  const failed = tests.find(({ status }) => status !== 'passed');
  if (failed) throw new Error(`Not passed: ${failed.fullName}`);
  const platforms = ['express', 'fastify'].filter((name) =>
    tests.some(({ fullName }) => fullName.toLowerCase().includes(`on ${name}`)),
  );
  // A unit test runs without a platform.
  if (platforms.length === 1) throw new Error(`${id} has no test on each platform.`);
  const titles = [...new Set(tests.map(({ title }) => sentenceOf(withoutTags(title))))];
  const more = titles.length - MAX_TITLES;
  return [...titles.slice(0, MAX_TITLES), ...(more > 0 ? [`And ${more} more`] : [])].join('. ');
}

function sentenceOf(title: string): string {
  const [text = title] = title.split(/: (?=.*\{)/);
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
