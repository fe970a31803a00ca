import type { SessionId } from '../core/record/token.js';

/**
 * Ids of sessions that this process has seen alive, so many of them; the one that was noted first goes first. An id that
 * is not among them may be one that a stranger has made up.
 */
export class KnownIds {
  private readonly ids = new Set<SessionId>();

  constructor(private readonly max: number) {}

  has(id: SessionId): boolean {
    return this.ids.has(id);
  }

  add(id: SessionId): void {
    if (this.ids.has(id)) return;
    this.ids.add(id);
    if (this.ids.size <= this.max) return;
    const [oldest] = this.ids;
    this.ids.delete(oldest as SessionId);
  }

  delete(id: SessionId): void {
    this.ids.delete(id);
  }
}
