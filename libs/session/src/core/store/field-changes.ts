import { bytesOf, bytesOfField } from '../record/size.js';
import type { FieldChanges } from './store.js';

/** Returns the fields after the changes are applied. Neither the result nor the arguments may be changed later. */
export function applyChanges(
  stored: ReadonlyMap<string, string>,
  changes: FieldChanges,
): ReadonlyMap<string, string> {
  if (isEmpty(changes)) return stored;
  if (stored.size === 0 && changes.remove.length === 0) return changes.set;
  // Allocates a third less than new Map(stored).
  const after = new Map<string, string>();
  for (const [name, text] of stored) after.set(name, text);
  for (const [name, text] of changes.set) after.set(name, text);
  for (const name of changes.remove) after.delete(name);
  return after;
}

/** Returns the size that fields will have once changes are applied, in bytes. */
export function bytesAfter(stored: ReadonlyMap<string, string>, changes: FieldChanges): number {
  if (changes.remove.length > 0) return bytesOf(applyChanges(stored, changes));
  let bytes = bytesOf(changes.set);
  for (const [name, text] of stored) if (!changes.set.has(name)) bytes += bytesOfField(name, text);
  return bytes;
}

/** Returns the changes that lead from one set of fields to another. */
export function difference(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): FieldChanges {
  if (before.size === 0) return { set: after, remove: [] };
  const set = new Map<string, string>();
  for (const [name, text] of after) if (before.get(name) !== text) set.set(name, text);
  const remove: string[] = [];
  for (const name of before.keys()) if (!after.has(name)) remove.push(name);
  return { set, remove };
}

/** Returns the changes, except those of fields that `others` change too. */
export function without({ set, remove }: FieldChanges, others: FieldChanges): FieldChanges {
  const isFree = (name: string) => !others.set.has(name) && !others.remove.includes(name);
  return { set: new Map([...set].filter(([name]) => isFree(name))), remove: remove.filter(isFree) };
}

/** The empty changes. */
export const NO_CHANGES: FieldChanges = { set: new Map(), remove: [] };

/** Returns true if there is nothing to write. */
export function isEmpty(changes: FieldChanges): boolean {
  return changes.set.size === 0 && changes.remove.length === 0;
}
