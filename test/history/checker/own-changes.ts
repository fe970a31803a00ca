import type { Instant, Step, StepOf } from '../history.js';
import type { Anomaly, Invariant } from './anomaly.js';
import { isCopy } from './copies.js';
import type { Life, Lives } from './lives.js';

type Copy = StepOf<'read'>;
type Addition = StepOf<'increment' | 'update'>;
type Writer = StepOf<'write' | 'create'>;

const COUNTERS = { increment: 'count', update: 'tally' } as const;

/**
 * Checks I1, I2, I4 for sessions that are read from the cache of a process: the process knows its own changes at once,
 * whatever the bound for changes of others.
 */
export function checkOwnChanges(lives: Lives): Anomaly[] {
  return lives.all().flatMap((life) => {
    const copies = life.steps.filter(isCopy).filter(({ standing }) => standing === 'live');
    return copies.flatMap((copy) => [
      ...findEnded(life, copy),
      ...findOldText(life, copy),
      ...findOldNumber(life, copy),
    ]);
  });
}

/** Finds copies of a session that the process has ended. */
function findEnded(life: Life, copy: Copy): Anomaly[] {
  const end = life.ends.find(({ step, isCertain }) => isCertain && isOwnBefore(step, copy));
  if (!end) return [];
  const isReplaced =
    end.step.f === 'regenerate' || (end.step.f === 'sign-in' && end.step.session === life.id);
  return [anomaly(isReplaced ? 'I2' : 'I1', copy, end.step, `had ended it`)];
}

/** Finds texts that are older than one that the process has written. */
function findOldText(life: Life, copy: Copy): Anomaly[] {
  const writers = life.steps.filter(isWriter);
  return Object.keys(Object.assign({}, ...writers.map(({ fields }) => fields)) as object).flatMap((field) => {
    const own = latest(writers.filter((step) => field in step.fields && isOwnBefore(step, copy)));
    const text = copy.fields[field];
    if (!own || text === own.fields[field] || !isOlder(life, writers, field, text, own)) return [];
    return [anomaly('I4', copy, own, `had written ${field}, and ${field} was as before`)];
  });
}

/** Checks whether a text was last written, if ever, before a step began. */
function isOlder(
  life: Life,
  writers: readonly Writer[],
  field: string,
  text: unknown,
  { start }: Step,
): boolean {
  if (text === undefined) return true;
  const ends: Instant[] = writers
    .filter(({ fields, outcome }) => fields[field] === text && outcome !== 'fail')
    .map(({ outcome, end }) => (outcome === 'ok' ? end : Infinity));
  // What the session did not get by itself it has begun with.
  return Math.max(...ends, life.birth?.end ?? Infinity) < start;
}

/** Finds numbers below a value that the process has received. Numbers only grow. */
function findOldNumber(life: Life, copy: Copy): Anomaly[] {
  const additions = life.steps.filter(isAddition).filter((step) => isOwnBefore(step, copy));
  return Object.values(COUNTERS).flatMap((field) => {
    const own = latest(additions.filter((step) => COUNTERS[step.f] === field && step.sum !== null));
    if (!own || Number(copy.fields[field] ?? 0) >= (own.sum as number)) return [];
    return [anomaly('I4', copy, own, `had added to ${field}, and less than its sum was read`)];
  });
}

function isOwnBefore(step: Step, copy: Copy): boolean {
  return step.outcome === 'ok' && step.process === copy.process && step.end < copy.start;
}

function isWriter(step: Step): step is Writer {
  return step.f === 'write' || step.f === 'create';
}

function isAddition(step: Step): step is Addition {
  return step.f === 'increment' || step.f === 'update';
}

function latest<Some extends Step>(steps: readonly Some[]): Some | undefined {
  return steps.reduce<Some | undefined>(
    (last, step) => (last && last.start > step.start ? last : step),
    undefined,
  );
}

function anomaly(invariant: Invariant, copy: Copy, own: Step, what: string): Anomaly {
  return {
    invariant,
    session: copy.session,
    text: `process ${copy.process} has read ${copy.session} from memory after its request ${own.request} ${what}`,
    at: copy.end,
    evidence: [own, copy],
    suspects: [own],
  };
}
