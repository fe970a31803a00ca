import type { SessionId } from '../core/record/token.js';

/**
 * A bounded set of the ids of sessions that this process has seen alive; the id that was added first is dropped first. An
 * id outside of the set may be invented by a client.
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
