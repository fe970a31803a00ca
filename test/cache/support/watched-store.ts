import { MemoryStore, type SessionId, type SessionRecord } from 'nestjs-redis-session';
import { mintToken, randomShard, sessionIdOf } from 'nestjs-redis-session/core';
import { Gate, GatedStore } from 'nestjs-redis-session/testing';
import {
  type CacheBounds,
  CachedStore,
  type Channel,
  ElapsedTime,
  SessionCopies,
  type TrackedRead,
  type TrackedSource,
} from '../../support/white-box.js';
import { FakeClock } from '../../support/session-runtime.js';

export const LONG = { idleMs: 30 * 60_000, absoluteMs: 12 * 60 * 60_000 };
export const BOUNDS: CacheBounds = { maxEntries: 100, maxBytes: 1024 * 1024 };

/** A tracked channel to a memory store that tests can close, silence and hold. Tests send its invalidations. */
export class ManualChannel implements Channel {
  isSilent = false;
  reads = 0;
  private readonly gates: Gate[] = [];

  constructor(
    private readonly store: MemoryStore,
    private readonly time: ElapsedTime,
    private readonly livesForMs: () => number,
  ) {}

  isCoherent(): boolean {
    return !this.isSilent;
  }

  isCurrent({ endsAt }: Pick<TrackedRead, 'endsAt'>): boolean {
    return !this.isSilent && this.time.ms() < endsAt;
  }

  /** Holds the reply to the next read before its caller receives it. */
  hold(): Gate {
    const gate = new Gate();
    this.gates.push(gate);
    return gate;
  }

  async read(id: SessionId): Promise<TrackedRead | null> {
    this.reads += 1;
    const startedAt = this.time.ms();
    const record = await this.store.load(id);
    await this.gates.shift()?.pass();
    return record && { record, endsAt: startedAt + this.livesForMs() };
  }
}

/** A process with a cache in front of a memory store, to which another process writes, too. */
export class Watched implements TrackedSource {
  readonly coherence = 'coherent';
  readonly clock = new FakeClock();
  /** Store as another process uses it. */
  readonly shared = new MemoryStore({ clock: this.clock });
  /** Store that the cache writes to, and reads without a copy. */
  readonly behind = new GatedStore(this.shared);
  readonly copies: SessionCopies;
  private readonly time = new ElapsedTime({ monotonic: this.clock.now, wall: this.clock.now });
  readonly store: CachedStore;
  livesForMs = LONG.idleMs;
  channel: ManualChannel | null;

  constructor(bounds: CacheBounds = BOUNDS) {
    this.copies = new SessionCopies(bounds);
    this.store = new CachedStore(this.behind, this.copies);
    this.channel = this.open();
    this.copies.readFrom(this);
  }

  /** Replaces the current channel with a new one. */
  reopen(): void {
    const { channel } = this;
    this.channel = this.open();
    if (channel) this.copies.flush(channel);
  }

  channelFor(): Channel | null {
    return this.channel;
  }

  close(): Promise<void> {
    return this.shared.close();
  }

  /** Creates an anonymous session in the other process. */
  create(fields: Readonly<Record<string, string>> = { cart: '["kite"]' }): Promise<SessionRecord> {
    const id = sessionIdOf(mintToken(randomShard()));
    return this.shared.create({
      id,
      timeouts: LONG,
      persistent: false,
      fields: new Map(Object.entries(fields)),
    });
  }

  /** Creates a session that the cache holds. */
  async kept(fields?: Readonly<Record<string, string>>): Promise<SessionRecord> {
    const record = await this.create(fields);
    await this.store.load(record.id);
    return record;
  }

  /** Writes a field in the other process, without an invalidation. */
  async change(record: SessionRecord, cart: string): Promise<void> {
    await this.shared.commit(record, { set: new Map([['cart', cart]]), remove: [] });
  }

  /** Returns the cart as this process reads it. */
  async cart({ id }: SessionRecord): Promise<string | undefined> {
    return (await this.store.load(id))?.fields.get('cart');
  }

  private open(): ManualChannel {
    return new ManualChannel(this.shared, this.time, () => this.livesForMs);
  }
}
