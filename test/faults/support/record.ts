import { mkdirSync, writeFileSync } from 'node:fs';
import type { FaultId } from '../catalogue.js';

/** Observation of a fault by a test. */
export interface Observation {
  /** Behaviour that a client sees, in words. The test asserts it. */
  readonly client: string;
  /** The longest that a client waited for an answer while the fault lasted. */
  readonly slowestMs?: number;
  /** From the end of the fault to the first answer as usual; of several clients, the last one's. */
  readonly recoveryMs?: number;
}

const FOLDER = new URL('../../../reports/faults/', import.meta.url);

/** Keeps what was seen, a file for each fault, for `npm run docs:reliability`. */
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
