/** Rules that all stores share, as pure functions: the record before an operation leads to the record after it. */
import { SessionSizeError } from '../errors/errors.js';
import { idleWindowMs } from '../record/expiry.js';
import { applyChanges } from './field-changes.js';
import { bytesOf } from '../record/size.js';
import type {
  BulkSelection,
  CreateIntent,
  EndNotice,
  FieldChanges,
  RegenerateIntent,
  RotateIntent,
  Rotation,
  SessionRecord,
  SignInIntent,
} from './store.js';
import { handleOf } from '../record/token.js';

/** Returns the record of a new anonymous session. */
export function createdRecord(
  { id, timeouts, persistent, fields }: CreateIntent,
  now: number,
): SessionRecord {
  return {
    id,
    createdAt: now,
    lastActiveAt: now,
    idleMs: timeouts.idleMs,
    absoluteEndAt: now + timeouts.absoluteMs,
    userId: null,
    signedInAt: null,
    device: null,
    address: null,
    persistent,
    rotation: null,
    fields,
  };
}

/**
 * Returns the record that a sign-in creates.
 *
 * @param inherited the fields of the replaced session if they are kept, else none
 */
export function signedInRecord(
  intent: SignInIntent,
  inherited: ReadonlyMap<string, string>,
  now: number,
): SessionRecord {
  const { id, userId, device, address, persistent, timeouts } = intent;
  return {
    id,
    createdAt: intent.createdAt ?? now,
    lastActiveAt: now,
    idleMs: timeouts.idleMs,
    absoluteEndAt: intent.absoluteEndAt ?? now + timeouts.absoluteMs,
    userId,
    signedInAt: intent.signedInAt ?? now,
    device,
    address,
    persistent,
    ...(intent.own && { own: intent.own }),
    rotation: null,
    fields: applyChanges(inherited, intent.changes),
  };
}

/** Returns the record of a live session under its new id. */
export function regeneratedRecord(
  live: SessionRecord,
  { to, keepData }: Pick<RegenerateIntent, 'to' | 'keepData'>,
  now: number,
): SessionRecord {
  const fields = keepData ? live.fields : new Map<string, string>();
  return { ...live, id: to, lastActiveAt: now, rotation: null, fields };
}

/**
 * Returns the record of a live session after a write, which records activity.
 *
 * @param idleMs the idle timeout from now on
 */
export function committedRecord(
  live: SessionRecord,
  idleMs: number,
  changes: FieldChanges,
  now: number,
): SessionRecord {
  const fields = applyChanges(live.fields, changes);
  return { ...live, idleMs, lastActiveAt: now, fields, rotation: withoutSpentNonce(live.rotation, now) };
}

/** Returns the time at which a session ends without further activity. */
export function expiryOf({ lastActiveAt, idleMs, absoluteEndAt }: SessionRecord): number {
  return Math.min(lastActiveAt + idleWindowMs(idleMs), absoluteEndAt);
}

/** Returns true if a bulk revocation ends a session. An anonymous session counts by its creation. */
export function isSelected(
  { id, signedInAt, createdAt }: SessionRecord,
  { except, signedInBefore }: BulkSelection,
): boolean {
  return id !== except && (signedInBefore === null || (signedInAt ?? createdAt) < signedInBefore);
}

/** Returns the public facts of a session, for a list: neither its fields nor the keys of its rotation. */
export function listedRecord(record: SessionRecord): SessionRecord {
  return { ...record, rotation: null, fields: new Map() };
}

/** @throws SessionSizeError if fields, with their names, take more bytes than a session may hold */
export function checkSize(fields: ReadonlyMap<string, string>, maxBytes: number): void {
  const bytes = bytesOf(fields);
  if (bytes > maxBytes) throw new SessionSizeError(maxBytes, bytes);
}

/** Returns the sum of a field's number and another; `null` if either is not a safe integer. */
export function sumOf(text: string | null, by: number): number | null {
  const value = Number(text ?? '0') + by;
  return /^-?\d+$/.test(text ?? '0') && Number.isSafeInteger(value) ? value : null;
}

/** Returns the rotation of a live session after a {@link RotateIntent}: a new one if it is due, else the same. */
export function rotatedBy(
  { from, to, keys }: RotateIntent,
  live: SessionRecord,
  now: number,
): Rotation | null {
  const { rotation } = live;
  const isPreviousValid = rotation !== null && (rotation.graceEndAt ?? Infinity) > now;
  if (from !== currentVerifierOf(live) || isPreviousValid) return rotation;
  const tagKey = rotation?.tagKey ?? keys.tagKey;
  return { at: now, current: to, previous: from, graceEndAt: null, nonce: keys.nonce, tagKey };
}

/**
 * Returns the rotation of a live session after a request has presented its current token; the same rotation if that changes
 * nothing.
 *
 * @param current the verifier of the presented token
 */
export function confirmedRotation(
  { rotation, idleMs }: SessionRecord,
  current: string | undefined,
  graceMs: number,
  now: number,
): Rotation | null {
  if (rotation?.graceEndAt !== null || rotation.current !== current) return rotation;
  return { ...rotation, graceEndAt: Math.min(now + graceMs, rotation.at + idleMs) };
}

/** Returns the verifier of the current token. Before the first rotation this is the handle in the session's ID. */
export function currentVerifierOf({ id, rotation }: SessionRecord): string {
  return rotation?.current ?? handleOf(id);
}

/** Returns which of a user's live sessions a sign-in ends to stay within the limit; `null` if the limit rejects it. */
export function evictedBy(
  { limit: { max, onExceed }, replaces }: SignInIntent,
  live: readonly SessionRecord[],
): SessionRecord[] | null {
  const others = live.filter(({ id }) => id !== replaces?.id);
  const surplus = max === null ? 0 : Math.max(0, others.length + 1 - max);
  if (surplus > 0 && onExceed === 'reject') return null;
  const timeOf = onExceed === 'evict-idlest' ? lastActivityOf : signInTimeOf;
  return others.sort((one, other) => timeOf(one) - timeOf(other)).slice(0, surplus);
}

/** Orders sessions as a list does: latest sign-in first. */
export function byLatestSignIn(one: SessionRecord, other: SessionRecord): number {
  return signInTimeOf(other) - signInTimeOf(one);
}

/** Returns true if the present notice of an ended session must stay, because late responses depend on `replaced`. */
export function isNoticeKept(present: EndNotice | null, next: EndNotice): boolean {
  return present?.reason === 'replaced' && next.reason !== 'replaced';
}

/** Drops the nonce after the grace period. With it, the holder of the previous token could compute the current one. */
function withoutSpentNonce(rotation: Rotation | null, now: number): Rotation | null {
  const isSpent = rotation !== null && rotation.graceEndAt !== null && rotation.graceEndAt <= now;
  return isSpent ? { ...rotation, nonce: null } : rotation;
}

function lastActivityOf({ lastActiveAt }: SessionRecord): number {
  return lastActiveAt;
}

function signInTimeOf({ signedInAt }: SessionRecord): number {
  return signedInAt ?? 0;
}
