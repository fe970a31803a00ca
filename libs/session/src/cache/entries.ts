import { createLRU } from 'lru.min';
import type { SessionRecord } from '../core/store/store.js';
import type { SessionId } from '../core/record/token.js';
import type { Channel } from './tracked-source.js';

/** How much is kept. */
export interface CacheBounds {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

/** A session that is kept. */
export interface Entry {
  readonly record: SessionRecord;
  /** The channel that it was read through. It holds as long as that does. */
  readonly channel: Channel;
  /** When the session ends if nobody changes it, by {@link ElapsedTime}. */
  readonly endsAt: number;
}

interface Held extends Entry {
  readonly bytes: number;
}

/** What a session without fields takes in memory with everything around it, measured on Node.js 20 and rounded up. */
const BYTES_OF_ENTRY = 700;
/** What a field takes beside its name and its text, measured likewise. */
const BYTES_OF_FIELD = 80;

/** Sessions that are kept, within two bounds. The one that was used longest ago goes first. */
export class Entries {
  private readonly lru;
  private total = 0;

  constructor(private readonly bounds: CacheBounds) {
    this.lru = createLRU<SessionId, Held>({
      max: bounds.maxEntries,
      onEviction: (_id, { bytes }) => (this.total -= bytes),
    });
  }

  get size(): number {
    return this.lru.size;
  }

  /** About how much memory they take. */
  get bytes(): number {
    return this.total;
  }

  get(id: SessionId): Entry | undefined {
    return this.lru.get(id);
  }

  /** Keeps a session, unless it alone is more than may be kept. */
  put(id: SessionId, entry: Entry): void {
    this.lru.delete(id);
    const bytes = bytesOf(entry.record);
    if (bytes > this.bounds.maxBytes) return;
    while (this.total + bytes > this.bounds.maxBytes) this.lru.evict(1);
    this.lru.set(id, { ...entry, bytes });
    this.total += bytes;
  }

  /** @returns whether it was there */
  drop(id: SessionId): boolean {
    return this.lru.delete(id);
  }

  /** Drops all that are meant. Looks at each. */
  dropAll(isMeant: (entry: Entry) => boolean): void {
    for (const [id, entry] of [...this.lru.entries()]) if (isMeant(entry)) this.lru.delete(id);
  }
}

/** About how much memory a session takes. */
export function bytesOf({ fields, id, device, address, userId }: SessionRecord): number {
  let bytes = BYTES_OF_ENTRY;
  for (const text of [id, device, address, userId]) bytes += bytesOfText(text ?? '');
  for (const [name, text] of fields) bytes += BYTES_OF_FIELD + bytesOfText(name) + bytesOfText(text);
  return bytes;
}

/** One character that is not in Latin-1 makes the whole text take two bytes for each. */
function bytesOfText(text: string): number {
  return Buffer.byteLength(text) === text.length ? text.length : 2 * text.length;
}
