import type { Socket } from 'node:net';

interface HeldChunk {
  readonly bytes: Buffer;
  /** Time by `performance.now()`. */
  readonly dueAt: number;
}

/** One direction of a connection. Delays bytes, and keeps them in order. */
export class Lane {
  private readonly held: HeldChunk[] = [];
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly to: Socket) {}

  /** Writes bytes after a delay, and after all bytes that were sent before. */
  send(bytes: Buffer, delayMs: number): void {
    if (delayMs === 0 && this.held.length === 0) return void this.to.write(bytes);
    this.held.push({ bytes, dueAt: performance.now() + delayMs });
    this.schedule();
  }

  /** Drops the bytes that are still held. */
  close(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.held.length = 0;
  }

  private schedule(): void {
    const [first] = this.held;
    if (!first || this.timer) return;
    this.timer = setTimeout(() => this.release(), Math.max(0, first.dueAt - performance.now()));
  }

  private release(): void {
    this.timer = null;
    const now = performance.now();
    for (let first = this.held[0]; first && first.dueAt <= now; first = this.held[0]) {
      this.held.shift();
      if (this.to.writable) this.to.write(first.bytes);
    }
    this.schedule();
  }
}
