/** How far the machine's clock may move against its monotonic one before Redis is asked again. */
const JUMP_MS = 1_000;

/**
 * The time of the Redis server as far as this process knows it: a difference to the monotonic clock, which does not move
 * when the clock of the machine is set.
 *
 * A machine that sleeps stops the monotonic clock, and so this time falls behind. That shows as a jump of the machine's
 * clock against it, and then Redis is asked.
 */
export class ServerTime {
  private offsetMs: number;
  private gapMs = clockGapMs();
  private isAsking = false;

  /** @param ask asks the server for its time */
  constructor(private readonly ask: () => Promise<number>) {
    this.offsetMs = this.gapMs;
  }

  /** Milliseconds since 1970-01-01 UTC. */
  now(): number {
    if (Math.abs(clockGapMs() - this.gapMs) > JUMP_MS) void this.askAgain();
    return Math.floor(performance.now() + this.offsetMs);
  }

  /** Takes over the server's time from a reply. */
  synchronise(serverNow: number): void {
    this.offsetMs = serverNow - performance.now();
    this.gapMs = clockGapMs();
  }

  private async askAgain(): Promise<void> {
    if (this.isAsking) return;
    this.isAsking = true;
    try {
      this.synchronise(await this.ask());
    } catch {
      // The next reply tells, or the next look at the time asks again.
    } finally {
      this.isAsking = false;
    }
  }
}

function clockGapMs(): number {
  return Date.now() - performance.now();
}
