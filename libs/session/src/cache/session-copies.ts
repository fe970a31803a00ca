import type { SessionRecord } from '../core/store/store.js';
import type { SessionId } from '../core/record/token.js';
import { KnownIds } from './known-ids.js';
import type { CacheBounds } from './session-lru.js';
import { SessionLru } from './session-lru.js';
import type { Channel, TrackedSource } from './tracked-source.js';

/** A read in progress whose result becomes a copy, unless a change invalidates it meanwhile. */
interface Fill {
  isInvalidated: boolean;
}

/**
 * Loads a session from the store, without making a copy.
 *
 * @param waitingSince the time when the caller began to wait, by `performance.now()`, if that was before this call
 */
type LoadFresh = (waitingSince?: number) => Promise<SessionRecord | null>;

/** The counters of {@link SessionCopies}. */
export interface CopyCounts {
  hits: number;
  misses: number;
  invalidations: number;
  bypasses: number;
  flushes: number;
}

/**
 * The copies of sessions in this process, and the reads that make them.
 *
 * A copy is returned only while the channel that it was read through is coherent, and while the session has not expired by
 * either clock. A change that is reported during a read invalidates the read, so that its result does not become a copy.
 */
export class SessionCopies {
  readonly counts: CopyCounts = { hits: 0, misses: 0, invalidations: 0, bypasses: 0, flushes: 0 };
  private readonly cached: SessionLru;
  private readonly fills = new Map<SessionId, Set<Fill>>();
  /** The records that {@link isCopy} recognizes. The read that makes a copy returns another object. */
  private readonly copies = new WeakSet<SessionRecord>();
  private source: TrackedSource | null = null;
  /**
   * The sessions that are read over tracked connections. A server remembers every key that is read over such a connection,
   * even an absent one. Invented tokens would fill its table and evict cached sessions, so only existing sessions are read
   * that way.
   */
  private readonly known: KnownIds;

  constructor(
    bounds: CacheBounds,
    /** Called with each copy that is served. */
    private readonly onServed: ((copy: SessionRecord) => void) | null = null,
  ) {
    this.cached = new SessionLru(bounds);
    this.known = new KnownIds(4 * bounds.maxEntries);
  }

  get size(): number {
    return this.cached.size;
  }

  get bytes(): number {
    return this.cached.bytes;
  }

  /** Sets the source of the reads that make copies. */
  readFrom(source: TrackedSource): void {
    this.source = source;
  }

  /** Returns the valid copy of a session; `null` if there is none. */
  peek(id: SessionId): SessionRecord | null {
    const channel = this.source?.channelFor(id);
    return channel ? this.copyThrough(channel, id) : null;
  }

  /** Returns a session, from its copy if there is a valid one. */
  get(id: SessionId, loadFresh: LoadFresh): Promise<SessionRecord | null> {
    const channel = this.source?.channelFor(id);
    if (!channel?.isCoherent()) {
      this.counts.bypasses += 1;
      return loadFresh();
    }
    const copy = this.copyThrough(channel, id);
    if (copy) return Promise.resolve(copy);
    this.counts.misses += 1;
    return this.known.has(id) ? this.fill(id, channel, loadFresh) : this.fillUnknown(id, channel, loadFresh);
  }

  private copyThrough(channel: Channel, id: SessionId): SessionRecord | null {
    const cached = this.cached.get(id);
    if (cached?.channel !== channel || !channel.isCurrent(cached)) return null;
    this.counts.hits += 1;
    this.onServed?.(cached.record);
    return cached.record;
  }

  /** Adds ids to the known sessions, because this process has just written them. */
  markKnown(...ids: readonly SessionId[]): void {
    for (const id of ids) this.known.add(id);
  }

  /** Returns true if a record came from the cache. */
  isCopy(record: SessionRecord): boolean {
    return this.copies.has(record);
  }

  /** Drops the copies of sessions, and invalidates their reads in progress. */
  drop(ids: readonly SessionId[]): void {
    for (const id of ids) {
      this.cached.delete(id);
      for (const fill of this.fills.get(id) ?? []) fill.isInvalidated = true;
    }
  }

  /** Drops all copies of a user's sessions, and invalidates all reads in progress, whose users are not known yet. */
  dropUser(userId: string): void {
    this.invalidateFills();
    this.cached.deleteWhere(({ record }) => record.userId === userId);
  }

  /** Drops all copies, and invalidates all reads in progress. */
  dropAll(): void {
    this.invalidateFills();
    this.cached.deleteWhere(() => true);
  }

  /** Drops the copy of a session that Redis reports as changed. */
  invalidate(id: SessionId): void {
    this.counts.invalidations += 1;
    this.drop([id]);
  }

  /** Drops all copies that were read through a channel. */
  flush(channel: Channel): void {
    this.counts.flushes += 1;
    this.invalidateFills();
    this.cached.deleteWhere((cached) => cached.channel === channel);
  }

  /** Reads a session that this process has not seen before. An id without a session costs one command. */
  private async fillUnknown(
    id: SessionId,
    channel: Channel,
    loadFresh: LoadFresh,
  ): Promise<SessionRecord | null> {
    const waitingSince = performance.now();
    const record = await loadFresh(waitingSince);
    if (!record) return null;
    this.known.add(id);
    return this.fill(id, channel, (since) => loadFresh(since ?? waitingSince));
  }

  private async fill(id: SessionId, channel: Channel, loadFresh: LoadFresh): Promise<SessionRecord | null> {
    const fill = this.begin(id);
    const waitingSince = performance.now();
    try {
      const found = await channel.read(id);
      // Only the connection that writes decides that a session has ended, so that no user is signed out by mistake.
      if (!found) {
        this.known.delete(id);
        return await loadFresh(waitingSince);
      }
      if (!fill.isInvalidated) this.keep(id, found.record, channel, found.endsAt);
      return found.record;
    } catch {
      // A failed read casts doubt on the channel, not on the session. The channel itself decides whether it closes.
      this.counts.bypasses += 1;
      return await loadFresh(waitingSince);
    } finally {
      this.end(id, fill);
    }
  }

  private keep(id: SessionId, record: SessionRecord, channel: Channel, endsAt: number): void {
    if (this.source?.channelFor(id) !== channel) return;
    const copy = { ...record };
    this.copies.add(copy);
    this.cached.set(id, { record: copy, channel, endsAt });
  }

  private begin(id: SessionId): Fill {
    const fill: Fill = { isInvalidated: false };
    const others = this.fills.get(id);
    if (others) others.add(fill);
    else this.fills.set(id, new Set([fill]));
    return fill;
  }

  private end(id: SessionId, fill: Fill): void {
    const fills = this.fills.get(id);
    fills?.delete(fill);
    if (fills?.size === 0) this.fills.delete(id);
  }

  private invalidateFills(): void {
    for (const fills of this.fills.values()) for (const fill of fills) fill.isInvalidated = true;
  }
}
