import type { Evidence } from '../support/evidence.mjs';
import { testsOf } from '../support/evidence-table.js';
import type { Row } from './rows.js';

/** Returns the rows as a table, each with the tagged tests that a run has passed. */
export function tableOf(rows: readonly Row[], evidence: readonly Evidence[]): string {
  const lines = rows.map(({ id, requirement, notApplicable }) => {
    const tests = notApplicable === null ? testsOf([id], evidence) : `does not apply: ${notApplicable}`;
    return `| ${id} | ${requirement} | ${tests} |`;
  });
  return ['| Row | Requirement, in our words | Tests |', '| --- | --- | --- |', ...lines].join('\n');
}
