import type { SessionId } from '../core/record/token.js';

/**
 * A bounded set of the ids of sessions that this process has seen alive; the id that was added first is dropped first. An
 * id outside of the set may be invented by a client.
 *
 * The order is in an array, whose places are used in turn. The first element of a `Set` or a `Map` is found slowly after many
 * first elements were deleted: the engine passes over the places of deleted elements, thousands in a set of this size.
 */
export class KnownIds {
  private readonly places = new Map<SessionId, number>();
  private readonly order: SessionId[] = [];
  private next = 0;

  constructor(private readonly max: number) {}

  has(id: SessionId): boolean {
    return this.places.has(id);
  }

  add(id: SessionId): void {
    if (this.places.has(id)) return;
    this.dropAt(this.next);
    this.order[this.next] = id;
    this.places.set(id, this.next);
    this.next = (this.next + 1) % this.max;
  }

  delete(id: SessionId): void {
    this.places.delete(id);
  }

  private dropAt(place: number): void {
    const id = this.order[place];
    // An id that was deleted may have been added again elsewhere.
    if (id !== undefined && this.places.get(id) === place) this.places.delete(id);
  }
}
