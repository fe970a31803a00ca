import { SizeClasses } from './allocator.js';

describe('the size classes of jemalloc', () => {
  it.each([
    [
      8,
      [1, 8, 9, 17, 24, 33, 40, 57, 64, 65, 81, 97, 113, 128, 129, 161],
      [8, 8, 16, 24, 24, 40, 40, 64, 64, 80, 96, 112, 128, 128, 160, 192],
    ],
    [
      16,
      [1, 8, 9, 17, 24, 33, 40, 57, 64, 65, 81, 97, 113, 128, 129, 161],
      [8, 8, 16, 32, 32, 48, 48, 64, 64, 80, 96, 112, 128, 128, 160, 192],
    ],
  ] as const)('rounds small allocations up with a quantum of %d bytes', (quantumBytes, bytes, classes) => {
    const sizes = new SizeClasses(quantumBytes);
    expect(bytes.map((each) => sizes.roundUp(each))).toEqual(classes);
  });

  it('rounds larger allocations up to a quarter of a power of two', () => {
    const sizes = new SizeClasses(16);
    expect([2_049, 2_561, 3_585, 4_096, 4_097].map((bytes) => sizes.roundUp(bytes))).toEqual([
      2_560, 3_072, 4_096, 4_096, 5_120,
    ]);
    expect(sizes.roundUp(2 ** 23)).toBe(2 ** 23);
  });
});
