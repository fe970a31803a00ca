/** Tolerated drift of the machine's clock against its monotonic one, before the time of Redis is read again. */
const JUMP_MS = 1_000;

/**
 * The time of the Redis server as far as this process knows it: an offset to the monotonic clock, which does not move
 * when the clock of the machine is set.
 *
 * The monotonic clock stops while the machine sleeps, so this time falls behind. The machine's clock then jumps against
 * the monotonic one, and the time of Redis is read again.
 */
export class ServerTime {
  private offsetMs: number;
  private gapMs = Date.now() - performance.now();
  private isReading = false;

  /** @param read reads the time of the server */
  constructor(private readonly read: () => Promise<number>) {
    this.offsetMs = this.gapMs;
  }

  /** Milliseconds since 1970-01-01 UTC. */
  now(): number {
    const now = performance.now();
    if (Math.abs(Date.now() - now - this.gapMs) > JUMP_MS) void this.readAgain();
    return Math.floor(now + this.offsetMs);
  }

  /**
   * Adjusts this time to a reply. The server wrote its time at some moment between the request and now, so a reply that a
   * busy process reads late is no reason to set this time back: an expired token would be valid again.
   *
   * @param serverNow the time in the reply, in whole milliseconds
   * @param requestedAt the `performance.now()` before the request
   */
  synchronise(serverNow: number, requestedAt: number): void {
    const now = performance.now();
    const least = serverNow - now;
    const most = serverNow + 1 - requestedAt;
    if (this.offsetMs < least || this.offsetMs > most) this.offsetMs = least;
    this.gapMs = Date.now() - now;
  }

  private async readAgain(): Promise<void> {
    if (this.isReading) return;
    this.isReading = true;
    try {
      const requestedAt = performance.now();
      this.synchronise(await this.read(), requestedAt);
    } catch {
      // The next reply has the time, or the next call of `now` reads it again.
    } finally {
      this.isReading = false;
    }
  }
}
