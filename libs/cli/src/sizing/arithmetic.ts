/** Returns the sum of some numbers. */
export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Returns the average of a figure over some items; NaN if there are none. */
export function averageOf<Item>(items: readonly Item[], figure: (item: Item) => number): number {
  return sum(items.map(figure)) / items.length;
}
