import type { Evidence } from '../support/evidence.mjs';
import { testsOf } from '../support/evidence-table.js';
import type { Advisory } from './rows.js';

/** Returns the advisories as a table, each with the tagged tests that a run has passed. */
export function tableOf(advisories: readonly Advisory[], evidence: readonly Evidence[]): string {
  const lines = advisories.map(({ ids, vulnerability, notApplicable, remark }) => {
    const tests = notApplicable === null ? testsOf(ids, evidence) : `does not apply: ${notApplicable}`;
    return `| ${ids.join(', ')} | ${vulnerability} | ${tests} | ${remark} |`;
  });
  return [
    '| Advisory | Software and vulnerability | Tests | Remarks |',
    '| --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}
