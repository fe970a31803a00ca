import { setTimeout as sleep } from 'node:timers/promises';
import { commit, noteActivity } from './commit.js';
import { SessionConflictError, SessionValueError } from '../errors/errors.js';
import { checkFieldName } from '../fields/field-names.js';
import { withIdleAtActivity } from './lifetime.js';
import type { SessionState } from './session-state.js';
import type { FieldChanges } from '../store/store.js';
import { shown } from '../errors/shown.js';

/** Returns the next value of a field for its present value; `undefined` for an absent field. May be called repeatedly. */
export type FieldUpdate = (value: unknown) => unknown;

const MAX_TRIES = 32;
/** Upper bound of the random pause between tries, which doubles: with it, a hundred competing writers succeed. */
const MAX_PAUSE_MS = 256;

/**
 * Adds to a number in one atomic step of the store.
 *
 * @returns the sum
 * @throws SessionValueError when the field holds anything but a whole number
 */
export async function increment(work: SessionState, field: string, by: number): Promise<number> {
  checkFieldName(field);
  if (!Number.isSafeInteger(by)) {
    throw new SessionValueError(
      field,
      `session.increment('${shown(field)}', by) expects a whole number, received ${shown(by)}.`,
    );
  }
  await commit(work);
  const record = work.liveRecord();
  // Rules can be checked before the write only if the sum is known before it.
  if (!record || work.rules) {
    return add(work, field, by);
  }
  const active = await withIdleAtActivity(work, record);
  const outcome = await work.runtime.store.increment(active, field, by);
  if (outcome.status === 'gone') throw await work.markEnded(record, 'write');
  // A stored text that cannot be decoded counts as absent, as in all operations.
  if (outcome.status === 'not-a-number') return add(work, field, by);
  takeOver(work, field, String(outcome.value));
  noteActivity(work, active);
  return outcome.value;
}

async function add(work: SessionState, field: string, by: number): Promise<number> {
  return (await update(work, field, (value) => sum(field, value, by))) as number;
}

/**
 * Replaces a field with a function of its value, and runs the function again if another request changed the field.
 *
 * @returns the value that was stored
 * @throws SessionConflictError when other requests kept changing the field
 */
export async function update(work: SessionState, field: string, change: FieldUpdate): Promise<unknown> {
  checkFieldName(field);
  await commit(work);
  const living = work.liveRecord();
  const record = living && (await withIdleAtActivity(work, living));
  if (!record || work.fields.isIgnored(field)) return updateLocally(work, field, change);
  let expected = work.fields.baseline.get(field) ?? null;
  for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
    const value = await change(work.fields.usable(field));
    const next = value === undefined ? null : work.fields.encode(field, value);
    const text = next?.text ?? null;
    await work.checkRules(changeOf(field, text));
    const outcome = await work.runtime.store.compareAndSet(record, field, expected, text);
    if (outcome.status === 'gone') throw await work.markEnded(record, 'write');
    if (outcome.status === 'set') {
      takeOver(work, field, text);
      noteActivity(work, record);
      if (!next?.problem) return value;
      work.reportConverted(field, next.problem);
      return work.fields.storedValue(field);
    }
    work.runtime.tally.conflicts.retried += 1;
    expected = outcome.text;
    takeOver(work, field, expected);
    await sleep(Math.random() * Math.min(2 ** attempt, MAX_PAUSE_MS));
  }
  work.runtime.tally.conflicts.gaveUp += 1;
  throw new SessionConflictError(field, MAX_TRIES);
}

/** Updates a field of a session that is not stored yet, so that no other request can interfere. */
async function updateLocally(work: SessionState, field: string, change: FieldUpdate): Promise<unknown> {
  const session = work.session as unknown as Record<string, unknown>;
  // An inherited property, such as `toString`, is no field.
  const value = await change(Object.hasOwn(session, field) ? session[field] : undefined);
  session[field] = value;
  await commit(work);
  return value;
}

function takeOver(work: SessionState, field: string, text: string | null): void {
  work.fields.absorb(changeOf(field, text));
}

/** Returns the change of one field. @param text `null` to remove the field */
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
