import type { SessionRecord } from '../core/store/store.js';
import type { SessionId } from '../core/record/token.js';
import { ElapsedTime } from './elapsed-time.js';
import type { CacheBounds } from './entries.js';
import { Entries } from './entries.js';
import { KnownIds } from './known-ids.js';
import type { Channel, TrackedSource } from './tracked-source.js';

/** A read under way whose answer is to be kept, unless something happens meanwhile. */
interface Fill {
  isOvertaken: boolean;
}

/**
 * Reads a session without keeping it.
 *
 * @param waitingSince when its reader began to wait, by `performance.now()`, if that was before
 */
type Ask = (waitingSince?: number) => Promise<SessionRecord | null>;

/** How often what happened. */
export interface CopyCounts {
  hits: number;
  misses: number;
  invalidations: number;
  bypasses: number;
  flushes: number;
}

/**
 * Copies of sessions in this process, and the reads that make them.
 *
 * A copy is handed out only as long as the channel that it was read through stands for it and the session has not
 * ended by either clock. A read that a change overtakes leaves no copy, in whichever order the two arrive here.
 */
export class SessionCopies {
  readonly counts: CopyCounts = { hits: 0, misses: 0, invalidations: 0, bypasses: 0, flushes: 0 };
  private readonly entries: Entries;
  private readonly fills = new Map<SessionId, Set<Fill>>();
  /** What {@link has} knows. A record that was just read is none of these: it goes to its reader as it came. */
  private readonly handedOut = new WeakSet<SessionRecord>();
  private source: TrackedSource | null = null;
  /**
   * A server watches each key that is read over a tracked connection, also one that is not there. Tokens that were made up
   * would fill its table and push out what is kept, so only sessions that are there are read that way.
   */
  private readonly known: KnownIds;

  constructor(
    bounds: CacheBounds,
    private readonly time = new ElapsedTime(),
  ) {
    this.entries = new Entries(bounds);
    this.known = new KnownIds(4 * bounds.maxEntries);
  }

  get size(): number {
    return this.entries.size;
  }

  get bytes(): number {
    return this.entries.bytes;
  }

  /** From now on sessions are read from there. */
  readFrom(source: TrackedSource): void {
    this.source = source;
  }

  /** A session, from a copy where there is one. */
  get(id: SessionId, ask: Ask): Promise<SessionRecord | null> {
    const channel = this.source?.channelFor(id) ?? null;
    if (!channel?.isCoherent()) {
      this.counts.bypasses += 1;
      return ask();
    }
    const entry = this.entries.get(id);
    if (entry && entry.channel === channel && this.time.ms() < entry.endsAt) {
      this.counts.hits += 1;
      return Promise.resolve(entry.record);
    }
    this.counts.misses += 1;
    return this.known.has(id) ? this.fill(id, channel, ask) : this.meet(id, channel, ask);
  }

  /** There are sessions with these ids: this process has just written them. */
  note(...ids: readonly SessionId[]): void {
    for (const id of ids) this.known.add(id);
  }

  /** Whether a record is a copy that was kept. */
  has(record: SessionRecord): boolean {
    return this.handedOut.has(record);
  }

  /** Drops sessions, and lets no read of them that is under way leave a copy. */
  forget(ids: readonly SessionId[]): void {
    for (const id of ids) {
      this.entries.drop(id);
      for (const fill of this.fills.get(id) ?? []) fill.isOvertaken = true;
    }
  }

  /** Drops all sessions of a user. Whose the reads under way are is not known yet, so none of them leaves a copy. */
  forgetUser(userId: string): void {
    this.overtakeAll();
    this.entries.dropAll(({ record }) => record.userId === userId);
  }

  /** Drops all sessions, and lets no read that is under way leave a copy. */
  forgetEveryone(): void {
    this.overtakeAll();
    this.entries.dropAll(() => true);
  }

  /** Redis has told of a change. */
  invalidate(id: SessionId): void {
    this.counts.invalidations += 1;
    this.forget([id]);
  }

  /** Drops all that was read through a channel. */
  flush(channel: Channel): void {
    this.counts.flushes += 1;
    this.overtakeAll();
    this.entries.dropAll((entry) => entry.channel === channel);
  }

  /** Reads a session that this process has not seen before, which costs those that are not there one command. */
  private async meet(id: SessionId, channel: Channel, ask: Ask): Promise<SessionRecord | null> {
    const waitingSince = performance.now();
    const record = await ask(waitingSince);
    if (!record) return null;
    this.known.add(id);
    return this.fill(id, channel, (since) => ask(since ?? waitingSince));
  }

  private async fill(id: SessionId, channel: Channel, ask: Ask): Promise<SessionRecord | null> {
    const fill = this.begin(id);
    const waitingSince = performance.now();
    try {
      const askedAt = this.time.ms();
      const found = await channel.read(id);
      // Nobody is signed out on the word of a connection beside the one that writes.
      if (!found) {
        this.known.delete(id);
        return await ask(waitingSince);
      }
      if (!fill.isOvertaken) this.keep(id, found.record, channel, askedAt + found.livesForMs);
      return found.record;
    } catch {
      // The channel is in doubt, not the session. Whether the channel goes on is for it to find out.
      this.counts.bypasses += 1;
      return await ask(waitingSince);
    } finally {
      this.end(id, fill);
    }
  }

  private keep(id: SessionId, record: SessionRecord, channel: Channel, endsAt: number): void {
    if (this.source?.channelFor(id) !== channel) return;
    const copy = { ...record };
    this.handedOut.add(copy);
    this.entries.put(id, { record: copy, channel, endsAt });
  }

  private begin(id: SessionId): Fill {
    const fill: Fill = { isOvertaken: false };
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

  private overtakeAll(): void {
    for (const fills of this.fills.values()) for (const fill of fills) fill.isOvertaken = true;
  }
}
