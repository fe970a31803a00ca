/** Two clocks of a machine, in milliseconds. */
export interface MachineClocks {
  /** Never goes back, and may stand still while the machine sleeps. */
  monotonic(): number;
  /** Goes on while the machine sleeps, and may be set to anything at any time. */
  wall(): number;
}

const MACHINE: MachineClocks = { monotonic: () => performance.now(), wall: () => Date.now() };

/**
 * Time as something that has only to be waited for sees it: it goes as fast as the faster of two clocks. So a machine
 * that slept finds what it kept too old, and one whose clock was set back does not keep anything for longer.
 */
export class ElapsedTime {
  private total = 0;
  private monotonic: number;
  private wall: number;

  constructor(private readonly clocks: MachineClocks = MACHINE) {
    this.monotonic = clocks.monotonic();
    this.wall = clocks.wall();
  }

  /** Milliseconds since this was made, or more. */
  ms(): number {
    const monotonic = this.clocks.monotonic();
    const wall = this.clocks.wall();
    this.total += Math.max(monotonic - this.monotonic, wall - this.wall, 0);
    this.monotonic = monotonic;
    this.wall = wall;
    return this.total;
  }
}
