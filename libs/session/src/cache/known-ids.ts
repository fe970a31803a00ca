import type { SessionId } from '../core/record/token.js';

/** The number of marks in a bucket. */
const WAYS = 8;
const FIRST_BUCKETS = 128;
/** The number of characters at the end of an id that a mark is made of. They are those of a digest, so any will do. */
const MARK_CHARACTERS = 8;

/**
 * A bounded set of the ids of sessions that this process has seen alive. An id outside of the set may be invented by a
 * client; one inside is invented at a chance of one in thousands, which costs a command.
 *
 * Sites have more active sessions than a `Set` of ids should hold, so each id is a mark of four bytes in a table. The low bits
 * of a mark say in which bucket of eight places it is; a bucket that is full drops the mark that was added first.
 */
export class KnownIds {
  private marks = new Uint32Array(FIRST_BUCKETS * WAYS);
  private count = 0;

  /** @param max the number of ids that are known for sure, or nearly so; the table is up to twice as large */
  constructor(private readonly max: number) {}

  has(id: SessionId): boolean {
    return this.placeOf(markOf(id)) >= 0;
  }

  add(id: SessionId): void {
    const mark = markOf(id);
    if (this.placeOf(mark) >= 0) return;
    if (2 * this.count >= this.marks.length && this.marks.length < this.max) this.grow();
    this.insert(mark);
  }

  delete(id: SessionId): void {
    const place = this.placeOf(markOf(id));
    if (place < 0) return;
    const end = this.bucketOf(this.marks[place] as number) + WAYS;
    this.marks.copyWithin(place, place + 1, end);
    this.marks[end - 1] = 0;
    this.count -= 1;
  }

  /** Returns the first place of the bucket of a mark. */
  private bucketOf(mark: number): number {
    return (mark * WAYS) & (this.marks.length - 1);
  }

  /** Returns the place of a mark; -1 if it is unknown. */
  private placeOf(mark: number): number {
    const bucket = this.bucketOf(mark);
    for (let place = bucket; place < bucket + WAYS; place++) if (this.marks[place] === mark) return place;
    return -1;
  }

  /** Inserts a mark in front of those of its bucket. */
  private insert(mark: number): void {
    const bucket = this.bucketOf(mark);
    if (this.marks[bucket + WAYS - 1] === 0) this.count += 1;
    this.marks.copyWithin(bucket + 1, bucket, bucket + WAYS - 1);
    this.marks[bucket] = mark;
  }

  private grow(): void {
    const before = this.marks;
    this.marks = new Uint32Array(2 * before.length);
    this.count = 0;
    // From the last to the first, because the first of a bucket is the latest.
    for (let place = before.length - 1; place >= 0; place--) {
      const mark = before[place] as number;
      if (mark !== 0) this.insert(mark);
    }
  }
}

/** Returns 32 bits of an id; never 0, which marks a free place. */
function markOf(id: SessionId): number {
  let mark = 0;
  for (let at = id.length - MARK_CHARACTERS; at < id.length; at++) {
    mark = Math.imul(mark ^ id.charCodeAt(at), 0x01000193);
  }
  // The low bits of a product depend on few characters, so the high ones are mixed in.
  mark ^= mark >>> 15;
  return mark >>> 0 || 1;
}
