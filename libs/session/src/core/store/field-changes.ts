import type { FieldChanges } from './store.js';

/** Returns the fields after the changes are applied. */
export function applyChanges(
  stored: ReadonlyMap<string, string>,
  changes: FieldChanges,
): ReadonlyMap<string, string> {
  const after = new Map([...stored, ...changes.set]);
  for (const name of changes.remove) after.delete(name);
  return after;
}

/** Returns the changes that lead from one set of fields to another. */
export function difference(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): FieldChanges {
  return {
    set: new Map([...after].filter(([name, text]) => before.get(name) !== text)),
    remove: [...before.keys()].filter((name) => !after.has(name)),
  };
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
