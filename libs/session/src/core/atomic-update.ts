import { setTimeout as sleep } from 'node:timers/promises';
import { commit, noteActivity } from './commit.js';
import { SessionConflictError, SessionValueError } from './errors.js';
import { checkFieldName } from './field-names.js';
import { withIdleAtActivity } from './lifetime.js';
import type { FieldChanges } from './store.js';
import type { UnitOfWork } from './unit-of-work.js';
import { shown } from './shown.js';

/** Gives a field's next value for its present one; `undefined`: absent. May be called more than once. */
export type FieldUpdate = (value: unknown) => unknown;

const MAX_TRIES = 32;
/** Competing writers pause for a random time that doubles up to this, so that a hundred of them come through. */
const MAX_PAUSE_MS = 256;

/**
 * Adds to a number, in one step of the store, so that no addition is lost however many run at once.
 *
 * @returns the sum
 * @throws SessionValueError when the field holds something else than a whole number
 */
export async function increment(work: UnitOfWork, field: string, by: number): Promise<number> {
  checkFieldName(field);
  if (!Number.isSafeInteger(by)) {
    throw new SessionValueError(
      field,
      `session.increment('${shown(field)}', by) takes a whole number, received ${shown(by)}.`,
    );
  }
  await commit(work);
  const record = work.livingRecord();
  // Rules can be checked before the write only where the sum is known before it.
  if (!record || work.runtime.rules) {
    return add(work, field, by);
  }
  const active = await withIdleAtActivity(work, record);
  const outcome = await work.runtime.store.increment(active, field, by);
  if (outcome.status === 'gone') throw await work.lose(record);
  // What cannot be read at all counts as absent here too.
  if (outcome.status === 'not-a-number') return add(work, field, by);
  takeOver(work, field, String(outcome.value));
  noteActivity(work, active);
  return outcome.value;
}

async function add(work: UnitOfWork, field: string, by: number): Promise<number> {
  return (await update(work, field, (value) => sum(field, value, by))) as number;
}

/**
 * Replaces a value by a function of it, and runs the function again when the value has changed meanwhile.
 *
 * @returns the value that was stored
 * @throws SessionConflictError when others kept changing the field
 */
export async function update(work: UnitOfWork, field: string, change: FieldUpdate): Promise<unknown> {
  checkFieldName(field);
  await commit(work);
  const living = work.livingRecord();
  const record = living && (await withIdleAtActivity(work, living));
  if (!record || work.fields.isIgnored(field)) return updateLocally(work, field, change);
  let expected = work.fields.baseline.get(field) ?? null;
  for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
    const value = await change(work.fields.usable(field));
    const next = value === undefined ? null : work.fields.encode(field, value);
    const text = next?.text ?? null;
    await work.checkRules(changeOf(field, text));
    const outcome = await work.runtime.store.compareAndSet(record, field, expected, text);
    if (outcome.status === 'gone') throw await work.lose(record);
    if (outcome.status === 'set') {
      takeOver(work, field, text);
      noteActivity(work, record);
      if (!next?.problem) return value;
      work.onConverted(field, next.problem);
      return work.fields.storedValue(field);
    }
    expected = outcome.text;
    takeOver(work, field, expected);
    await sleep(Math.random() * Math.min(2 ** attempt, MAX_PAUSE_MS));
  }
  throw new SessionConflictError(field, MAX_TRIES);
}

/** Where nothing is stored yet, nobody else can interfere. */
async function updateLocally(work: UnitOfWork, field: string, change: FieldUpdate): Promise<unknown> {
  const session = work.session as unknown as Record<string, unknown>;
  // Not by the value alone: an object without a `toString` of its own has one all the same.
  const value = await change(Object.hasOwn(session, field) ? session[field] : undefined);
  session[field] = value;
  await commit(work);
  return value;
}

function takeOver(work: UnitOfWork, field: string, text: string | null): void {
  work.fields.absorb(changeOf(field, text));
}

/** @param text `null`: the field is removed */
function changeOf(field: string, text: string | null): FieldChanges {
  return text === null ? { set: new Map(), remove: [field] } : { set: new Map([[field, text]]), remove: [] };
}

function sum(field: string, value: unknown, by: number): number {
  const start = value === undefined ? 0 : value;
  const total = Number.isSafeInteger(start) ? (start as number) + by : NaN;
  if (!Number.isSafeInteger(total)) throw notANumber(field);
  return total;
}

function notANumber(field: string): SessionValueError {
  return new SessionValueError(
    field,
    `session.increment('${shown(field)}') expects a field that is absent or holds a whole number, and a sum within ` +
      'the range of whole numbers. Use session.update() for anything else.',
  );
}
