import { createLRU } from 'lru.min';
import type { SessionRecord } from '../core/store/store.js';
import type { SessionId } from '../core/record/token.js';
import type { Channel } from './tracked-source.js';

/** The limits of the in-process cache. */
export interface CacheBounds {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

/** A session in the cache. */
export interface CachedSession {
  readonly record: SessionRecord;
  /** The channel that the session was read through. The copy is valid only as long as this channel is in use. */
  readonly channel: Channel;
  /** The end of the session if it is not changed before, by the clock of the channel. */
  readonly endsAt: number;
}

interface SizedSession extends CachedSession {
  readonly bytes: number;
}

/** The memory that a session without fields takes, including its entry, as measured on Node.js 20 and rounded up. */
const BYTES_PER_SESSION = 700;
/** The memory that a field takes in addition to its name and its text, measured likewise. */
const BYTES_PER_FIELD = 80;

/** A least-recently-used cache of sessions that limits both their number and their approximate size in memory. */
export class SessionLru {
  private readonly lru;
  private totalBytes = 0;

  constructor(private readonly bounds: CacheBounds) {
    this.lru = createLRU<SessionId, SizedSession>({
      max: bounds.maxEntries,
      onEviction: (_id, { bytes }) => (this.totalBytes -= bytes),
    });
  }

  get size(): number {
    return this.lru.size;
  }

  /** The approximate memory that the sessions take. */
  get bytes(): number {
    return this.totalBytes;
  }

  get(id: SessionId): CachedSession | undefined {
    return this.lru.get(id);
  }

  /** Stores a session, unless the session alone exceeds the limit on memory. Evicts others to make room. */
  set(id: SessionId, session: CachedSession): void {
    this.lru.delete(id);
    const bytes = memoryBytesOf(session.record);
    if (bytes > this.bounds.maxBytes) return;
    while (this.totalBytes + bytes > this.bounds.maxBytes) this.lru.evict(1);
    this.lru.set(id, { ...session, bytes });
    this.totalBytes += bytes;
  }

  delete(id: SessionId): void {
    this.lru.delete(id);
  }

  /** Deletes all sessions for which a predicate is true. Visits every session. */
  deleteWhere(matches: (session: CachedSession) => boolean): void {
    for (const [id, session] of [...this.lru.entries()]) if (matches(session)) this.lru.delete(id);
  }
}

/** Returns the approximate memory that a session takes. */
export function memoryBytesOf({ fields, id, device, address, userId }: SessionRecord): number {
  let bytes = BYTES_PER_SESSION;
  for (const text of [id, device, address, userId]) bytes += memoryBytesOfText(text ?? '');
  for (const [name, text] of fields)
    bytes += BYTES_PER_FIELD + memoryBytesOfText(name) + memoryBytesOfText(text);
  return bytes;
}

/** Returns one byte for each character, or two if at least one character of the text is outside of Latin-1. */
function memoryBytesOfText(text: string): number {
  return Buffer.byteLength(text) === text.length ? text.length : 2 * text.length;
}
