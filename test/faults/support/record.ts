import { mkdirSync, writeFileSync } from 'node:fs';
import type { FaultId } from '../catalogue.js';

/** Observation of a fault by a test. */
export interface Observation {
  /** Behavior that a client sees, which the test asserts, in words. */
  readonly client: string;

  /** Longest wait of a client for a response during the fault. */
  readonly slowestMs?: number;

  /** Time from the end of the fault to the first regular response; of several clients, to the last one's. */
  readonly recoveryMs?: number;
}

const FOLDER = new URL('../../../reports/faults/', import.meta.url);

/** Saves an observation, in one file per fault, for `npm run docs:reliability`. */
export function recordFault(id: FaultId, seen: Observation): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(new URL(`${id}.json`, FOLDER), `${JSON.stringify({ id, ...rounded(seen) })}\n`);
}

function rounded({ client, slowestMs, recoveryMs }: Observation): Observation {
  return {
    client,
    ...(slowestMs !== undefined && { slowestMs: Math.ceil(slowestMs) }),
    ...(recoveryMs !== undefined && { recoveryMs: Math.ceil(recoveryMs) }),
  };
}
