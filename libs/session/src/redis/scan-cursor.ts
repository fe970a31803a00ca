const CURSOR_BITS = 64;
const SLOT_BITS = 14;

/**
 * Returns the share of a server's hash table that SCAN visits before a cursor.
 *
 * SCAN visits the buckets in the order of their numbers with the bits reversed, so that no key is missed if the table grows
 * meanwhile. A cursor, with its bits reversed and divided by its range, is therefore the share of the table before it.
 */
export function shareBefore(cursor: string): number {
  return reversedShare(BigInt(cursor), CURSOR_BITS);
}

/**
 * Returns the same for a server of a Cluster. Some versions (Redis from 7.4, Valkey from 8) have a hash table for each slot,
 * and visit one slot after another. Their cursor has the slot in its lowest 14 bits.
 *
 * @param found the slots of the keys before the cursor
 * @param owned the slots of the server, in order
 */
export function shareBeforeInSlots(
  cursor: string,
  found: readonly number[],
  owned: readonly number[],
): number {
  const number = BigInt(cursor);
  const slot = Number(BigInt.asUintN(SLOT_BITS, number));
  // With one hash table for all slots, keys of any slot come before a cursor.
  if (found.some((other) => other > slot)) return shareBefore(cursor);
  const within = reversedShare(number >> BigInt(SLOT_BITS), CURSOR_BITS - SLOT_BITS);
  const before = owned.filter((other) => other < slot).length;
  return (before + within) / owned.length;
}

function reversedShare(number: bigint, bits: number): number {
  const reversed = [...number.toString(2).padStart(bits, '0')].reverse().join('');
  return Number(BigInt(`0b${reversed}`)) / 2 ** bits;
}
