import type { Fault, History, Incident, Step } from '../history.js';
import type { Anomaly, Invariant, Loss } from './anomaly.js';
import { dateCopies } from './copies.js';
import { checkFields } from './fields.js';
import { checkSamples } from './keyspace.js';
import { checkLifecycle } from './lifecycle.js';
import { Lives } from './lives.js';
import { checkOwnChanges } from './own-changes.js';
import { checkTokens } from './tokens.js';

/** Result of checking a history against the invariants. */
export interface Verdict {
  /** Invariants broken. */
  readonly violations: readonly Anomaly[];
  /** Documented losses: around a failover, or with the memory of a server. */
  readonly losses: readonly Loss[];
}

/** More of one kind say nothing new. */
const MAX_OF_A_KIND = 10;

/** Checks a history against the invariants I1 to I9. */
export function check(history: History): Verdict {
  const steps = dateCopies(history);
  const lives = new Lives({ ...history, steps });
  const anomalies = [
    ...history.incidents.map(incidentAnomaly),
    ...checkSamples(history.samples, history.rules),
    ...checkLifecycle(lives),
    ...checkTokens(steps, history.rules),
    ...checkFields(lives, textFieldsOf(steps)),
    ...checkOwnChanges(lives),
  ];
  const violations: Anomaly[] = [];
  const losses = new Map<Step, Loss>();
  for (const anomaly of anomalies) {
    const lost = explain(anomaly, history.faults);
    if (lost.length === 0) violations.push(anomaly);
    for (const loss of lost) if (!losses.get(loss.step)?.isForGood) losses.set(loss.step, loss);
  }
  return { violations: someOfEachKind(violations), losses: [...losses.values()] };
}

function someOfEachKind(violations: readonly Anomaly[]): Anomaly[] {
  const counts = new Map<Invariant, number>();
  return violations.filter(({ invariant }) => {
    const count = (counts.get(invariant) ?? 0) + 1;
    counts.set(invariant, count);
    return count <= MAX_OF_A_KIND;
  });
}

/**
 * Returns the acknowledged steps whose loss explains an anomaly. Only a fault that may lose data explains a loss: of steps
 * acknowledged between the earliest moment of loss and the recovery, and missed after the fault.
 */
function explain({ suspects, deficit, inherited = 0, at }: Anomaly, faults: readonly Fault[]): Loss[] {
  const losses = suspects.flatMap((step) => {
    const fault = faults.find(
      ({ mayLoseSince, start, end }) =>
        mayLoseSince !== null && step.end >= mayLoseSince && step.start <= end && at >= start,
    );
    return fault ? [{ step, fault, isForGood: at > fault.end }] : [];
  });
  return deficit === undefined ? losses.slice(0, 1) : latestThatMakeUp(deficit, inherited, losses);
}

/** Returns the latest additions that add up to a number's deficit; none if all of them are too few. */
function latestThatMakeUp(deficit: number, inherited: number, losses: Loss[]): Loss[] {
  losses.sort((one, other) => other.step.end - one.step.end);
  let rest = deficit;
  const taken: Loss[] = [];
  for (const loss of losses) {
    if (rest <= 0) break;
    taken.push(loss);
    rest -= 'by' in loss.step ? loss.step.by : inherited;
  }
  return rest > 0 ? [] : taken;
}

function incidentAnomaly({ kind, at, text }: Incident): Anomaly {
  const invariant: Invariant = kind === 'late' || kind === 'unsettled' ? 'I8' : 'I9';
  return { invariant, session: null, text: `${kind}: ${text}`, at, evidence: [], suspects: [] };
}

/** Returns the names of all fields that hold texts. */
function textFieldsOf(steps: readonly Step[]): string[] {
  const names = steps.flatMap((step) =>
    step.f === 'write' || step.f === 'create' || step.f === 'sign-in' ? Object.keys(step.fields) : [],
  );
  return [...new Set(names)];
}
