import { readdirSync, readFileSync } from 'node:fs';
import { FAULTS, type Fault, type FaultId } from './catalogue.js';
import type { Observation } from './support/record.js';

const REPORTS = new URL('../../reports/faults/', import.meta.url);

export const BEGIN = '<!-- faults: begin (npm run docs:reliability) -->';
export const END = '<!-- faults: end -->';

/** Reads the observations of the last run, by fault. */
export function readReports(): Map<FaultId, Observation> {
  const files = readdirSync(REPORTS).filter((name) => name.endsWith('.json'));
  return new Map(
    files.map((name) => {
      const { id, ...seen } = JSON.parse(readFileSync(new URL(name, REPORTS), 'utf8')) as Observation & {
        id: FaultId;
      };
      return [id, seen];
    }),
  );
}

/** Returns the table of all faults, with the observations of a run. */
export function tableOf(reports: ReadonlyMap<FaultId, Observation>): string {
  const rows = (Object.entries(FAULTS) as [FaultId, Fault][]).map(([id, fault]) =>
    rowOf(id, fault, reports.get(id)),
  );
  return [
    '|     | Fault | How the test causes it | What a client sees | Slowest answer | Recovery |',
    '| --- | --- | --- | --- | --: | --: |',
    ...rows,
  ].join('\n');
}

function rowOf(
  id: FaultId,
  { fault, cause, client, reason }: Fault,
  report: Observation | undefined,
): string {
  const seen = client === undefined ? report : { client };
  if (cause === undefined) return `| ${id} | ${fault} | does not apply: ${reason} | | | |`;
  if (!seen) throw new Error(`No observation of ${id} was recorded. Run all of npm run test:faults.`);
  return `| ${id} | ${fault} | ${cause} | ${seen.client} | ${inMs(seen.slowestMs)} | ${inMs(seen.recoveryMs)} |`;
}

function inMs(duration: number | undefined): string {
  return duration === undefined ? '' : `${duration} ms`;
}
