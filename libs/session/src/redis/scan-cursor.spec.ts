import { shareBefore, shareBeforeInSlots } from './scan-cursor.js';

describe('the share of a hash table before a cursor', () => {
  it('equals that of the reversed bits', () => {
    // In a table of eight buckets, SCAN visits 0, 4, 2, 6, 1, 5, 3, 7.
    const order = [0, 4, 2, 6, 1, 5, 3, 7];
    const shares = order.map((bucket) => shareBefore(reverse64(BigInt(order.indexOf(bucket)) << 61n)));
    expect(shares).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((count) => count / 8));
    expect(shareBefore('1')).toBe(1 / 2);
    expect(shareBefore('6')).toBe(3 / 8);
  });

  it('does not depend on the number of buckets', () => {
    expect(shareBefore(String(2 ** 19))).toBe(2 ** -20);
    expect(shareBefore('3')).toBe(3 / 4);
  });
});

describe('the share of the keys of a master before a cursor', () => {
  const owned = [0, 1, 2, 3];

  it('counts the slots of a server with a hash table for each slot', () => {
    const inSlotTwo = String(2n + (1n << 14n));
    expect(shareBeforeInSlots(inSlotTwo, [0, 1, 1, 2], owned)).toBe((2 + 1 / 2) / 4);
  });

  it('counts the buckets of a server with one hash table', () => {
    expect(shareBeforeInSlots('1', [900, 3, 16_000], owned)).toBe(1 / 2);
  });
});

/** Returns a number with its 64 bits reversed, as a text. */
function reverse64(number: bigint): string {
  return String(BigInt(`0b${[...number.toString(2).padStart(64, '0')].reverse().join('')}`));
}
