/** Two clocks of a machine, in milliseconds. */
export interface MachineClocks {
  /** Returns a time that never goes back, but may stand still while the machine sleeps. */
  monotonic(): number;
  /** Returns a time that advances while the machine sleeps, but may be set to any value at any moment. */
  wall(): number;
}

const MACHINE: MachineClocks = { monotonic: () => performance.now(), wall: () => Date.now() };

/**
 * Elapsed time for expiry, which advances with the faster of a machine's two clocks. So copies expire while the machine
 * sleeps, and live no longer if the machine's wall clock is set back.
 */
export class ElapsedTime {
  private total = 0;
  private monotonic: number;
  private wall: number;

  constructor(private readonly clocks: MachineClocks = MACHINE) {
    this.monotonic = clocks.monotonic();
    this.wall = clocks.wall();
  }

  /** Returns the milliseconds since the construction of this object, or more. */
  ms(): number {
    const monotonic = this.clocks.monotonic();
    const wall = this.clocks.wall();
    this.total += Math.max(monotonic - this.monotonic, wall - this.wall, 0);
    this.monotonic = monotonic;
    this.wall = wall;
    return this.total;
  }
}
