import type { Row } from './rows.js';

/** A test as the last run has left it. */
export interface Seen {
  /** The whole name, with those of its suites. */
  readonly fullName: string;
  readonly title: string;
  readonly status: string;
}

/** The rows as a table, with what the run has seen of each. */
export function tableOf(rows: readonly Row[], seen: readonly Seen[]): string {
  const lines = rows.map((row) => `| ${row.id} | ${row.requirement} | ${outcomeOf(row, seen)} |`);
  return ['| Row | Requirement, in our words | Result |', '| --- | --- | --- |', ...lines].join('\n');
}

/** @throws Error where there is no test of a row, or one that did not pass: such a table is not written */
function outcomeOf({ id, notApplicable }: Row, seen: readonly Seen[]): string {
  if (notApplicable !== null) return `does not apply: ${notApplicable}`;
  const tests = seen.filter(({ title }) => title.startsWith(`${id} `));
  const failed = tests.find(({ status }) => status !== 'passed');
  if (failed) throw new Error(`Not passed: ${failed.fullName}`);
  const platforms = ['express', 'fastify'].filter((name) =>
    tests.some(({ fullName }) => fullName.toLowerCase().includes(`on ${name}`)),
  );
  if (platforms.length < 2) throw new Error(`${id} has no test on each platform.`);
  const titles = [...new Set(tests.map(({ title }) => sentenceOf(title.slice(id.length + 1))))];
  return titles.join('. ');
}

function sentenceOf(title: string): string {
  const text = title.split(': {')[0] ?? title;
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
