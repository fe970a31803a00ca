import { readdirSync, readFileSync } from 'node:fs';
import { type Evidence, withoutTags } from './evidence.mjs';

const MAX_TITLES = 3;
const ROOT = new URL('../../', import.meta.url);
const FOLDER = new URL('reports/evidence/', ROOT);

/** Reads the tagged tests as their last runs have left them, those of all tiers. */
export function readEvidence(): Evidence[] {
  return readdirSync(FOLDER).flatMap(
    (name) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as Evidence[],
  );
}

/** Returns the text of all specs below some folders of the repository, without those of the tables themselves. */
export function specsBelow(...folders: string[]): string {
  return folders
    .flatMap((folder) =>
      readdirSync(new URL(folder, ROOT), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.spec.ts') && !name.endsWith('table.spec.ts'))
        .map((name) => readFileSync(new URL(`${folder}/${name}`, ROOT), 'utf8')),
    )
    .join('\n');
}

/**
 * Returns the titles of the tests with one of the tags, in the order of their files: a run finishes files in any order.
 *
 * @throws Error if a tag has no test, or a test that failed or ran on one platform only
 */
export function testsOf(tags: readonly string[], evidence: readonly Evidence[]): string {
  for (const tag of tags) assertPassed(tag, evidence);
  const tests = evidence
    .filter((test) => tags.some((tag) => test.tags.includes(tag)))
    .sort((one, other) => (one.file < other.file ? -1 : one.file > other.file ? 1 : 0));
  const titles = [...new Set(tests.map(({ title }) => sentenceOf(withoutTags(title))))];
  const more = titles.length - MAX_TITLES;
  return [...titles.slice(0, MAX_TITLES), ...(more > 0 ? [`And ${more} more`] : [])].join('. ');
}

function assertPassed(tag: string, evidence: readonly Evidence[]): void {
  const tests = evidence.filter(({ tags }) => tags.includes(tag));
  if (tests.length === 0) throw new Error(`${tag} has no test. Run npm run test:all.`);
  const failed = tests.find(({ status }) => status !== 'passed');
  if (failed) throw new Error(`Not passed: ${failed.fullName}`);
  const platforms = ['express', 'fastify'].filter((name) =>
    tests.some(({ fullName }) => fullName.toLowerCase().includes(`on ${name}`)),
  );
  // A unit test runs without a platform.
  if (platforms.length === 1) throw new Error(`${tag} has no test on each platform.`);
}

/** Returns a title as a sentence of a table, without the parameters behind its colon. */
function sentenceOf(title: string): string {
  const [text = title] = title.split(/: (?=.*\{)/);
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`.replace(/[|\\`*<]|__(?=\w+__)/g, '\\$&');
}
