/** The quantum of jemalloc: 8 in the copy that Redis brings, 16 in that of most Linux distributions. */
export type QuantumBytes = 8 | 16;

/** Above this many quanta, jemalloc spaces its size classes by a quarter of a power of two. */
const FINELY_SPACED_QUANTA = 8;
const TINIEST_CLASS_BYTES = 8;

/**
 * The size classes of jemalloc, to which each allocation is rounded up.
 *
 * Classes are multiples of the quantum up to eight of them, and four to each power of two above.
 */
export class SizeClasses {
  constructor(private readonly quantumBytes: QuantumBytes) {}

  /** Returns the number of bytes that an allocation of `bytes` takes. */
  roundUp(bytes: number): number {
    if (bytes <= TINIEST_CLASS_BYTES) return TINIEST_CLASS_BYTES;
    if (bytes <= FINELY_SPACED_QUANTA * this.quantumBytes) return roundUpTo(this.quantumBytes, bytes);
    const powerBelow = 2 ** (Math.ceil(Math.log2(bytes)) - 1);
    return roundUpTo(powerBelow / 4, bytes);
  }
}

function roundUpTo(step: number, bytes: number): number {
  return Math.ceil(bytes / step) * step;
}
