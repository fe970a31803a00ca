/** Returns the median. */
export function medianOf(values) {
  return quantileOf(values, 0.5);
}

/** Returns the value below which this share of the others lies. */
export function quantileOf(values, share) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** Lists of figures by name, from a list of objects with the same names. */
export function transposed(objects) {
  return Object.fromEntries(
    Object.keys(objects[0]).map((name) => [name, objects.map((object) => object[name])]),
  );
}
