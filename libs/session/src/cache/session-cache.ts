import type { SessionEvents } from '../core/runtime/events.js';
import type { CompleteStore, SessionStore } from '../core/store/store.js';
import { CachedStore } from './cached.store.js';
import { CopyCheck } from './copy-check.js';
import type { CacheBounds } from './session-lru.js';
import { SessionCopies } from './session-copies.js';
import type { Coherence, TrackableStore, TrackedSource, TrackingListener } from './tracked-source.js';

/** The settings of the in-process cache. */
export interface CacheSettings extends CacheBounds {
  /** The maximum delay until a change by another process is known, whatever fails, in milliseconds. */
  readonly stalenessMs: number;
  /** Compares one hit in so many with the store; `null` for none. */
  readonly verifyEvery?: number | null;
}

/** The counters of the in-process cache since the start of the application, and its current contents. */
export interface SessionCacheStatistics {
  /**
   * - `coherent`: the cache is in use. `partly`: it is in use for the sessions of some of a Cluster's masters
   * - `bypassed`: the cache is configured but out of use for now, so every read queries Redis
   * - `off`: no cache is configured
   */
  readonly state: Coherence | 'off';
  /** The reads that were served from memory. */
  readonly hits: number;
  /** The reads that queried Redis; their sessions were cached unless a change interfered. */
  readonly misses: number;
  /** The changes to sessions that Redis reported. */
  readonly invalidations: number;
  /** The reads that bypassed the cache because its coherence was in doubt. */
  readonly bypasses: number;
  /** The number of times that all cached sessions (in a Cluster, all of one master) were dropped. */
  readonly flushes: number;
  /** The number of times that the cache (in a Cluster, for one master) went out of use or failed to come into use. */
  readonly outages: number;
  /** The hits that were compared with Redis and were up to date; see the option `cache.verifyEvery`. */
  readonly current: number;
  /** The hits that were compared with Redis and had been changed there before. */
  readonly stale: number;
  /** The reason that the cache is out of use, or in part, at the moment; `null` if it is in use or `off`. */
  readonly reason: string | null;
  /** The number of cached sessions. */
  readonly entries: number;
  /** The approximate memory that the cached sessions take, in bytes. */
  readonly bytes: number;
}

const ZEROS = {
  ...{ hits: 0, misses: 0, invalidations: 0, bypasses: 0, flushes: 0, outages: 0 },
  ...{ current: 0, stale: 0 },
  ...{ reason: null, entries: 0, bytes: 0 },
};

/**
 * The in-process cache of sessions, for applications: inject it to read its statistics.
 *
 * @example
 * constructor(private readonly cache: SessionCache) {}
 * hitRate() { const { hits, misses } = this.cache.statistics(); return hits / (hits + misses); }
 */
export class SessionCache {
  private source: TrackedSource | null = null;
  private outages = 0;
  private lastReason: string | null = null;

  private constructor(
    private readonly copies: SessionCopies | null,
    private readonly check: CopyCheck | null = null,
  ) {}

  /** @internal Returns the cache of an application that has none configured. */
  static off(): SessionCache {
    return new SessionCache(null);
  }

  /** @internal Opens the tracked connections of a store, and returns a cache that reads over them. */
  static async open(
    store: TrackableStore & SessionStore,
    { stalenessMs, verifyEvery = null, ...bounds }: CacheSettings,
    events: SessionEvents,
  ): Promise<SessionCache> {
    const check = verifyEvery === null ? null : new CopyCheck(store, verifyEvery);
    const copies = new SessionCopies(bounds, check && ((copy) => check.onServed(copy)));
    const cache = new SessionCache(copies, check);
    cache.source = await store.track(cache.listenerOf(copies, events), stalenessMs);
    copies.readFrom(cache.source);
    return cache;
  }

  /** Returns the counters and the current contents of the cache. */
  statistics(): SessionCacheStatistics {
    if (!this.copies || !this.source) return { state: 'off', ...ZEROS };
    const { counts, size, bytes } = this.copies;
    const state = this.source.coherence;
    const reason = state === 'coherent' ? null : this.lastReason;
    const { current, stale } = this.check?.counts ?? ZEROS;
    return { state, ...counts, outages: this.outages, current, stale, reason, entries: size, bytes };
  }

  /** @internal Returns a store that reads through the cache; the store itself if the cache is off. */
  wrap(store: CompleteStore): CompleteStore {
    return this.copies ? new CachedStore(store, this.copies) : store;
  }

  /** @internal Closes the tracked connections. */
  async close(): Promise<void> {
    await this.source?.close();
  }

  private listenerOf(copies: SessionCopies, events: SessionEvents): TrackingListener {
    return {
      onChange: (id) => copies.invalidate(id),
      onFlush: (channel) => copies.flush(channel),
      onBypassed: (server, reason) => {
        this.outages += 1;
        this.lastReason = reason;
        events.emit('cache-bypassed', { server, reason });
      },
      onRestored: (server) => events.emit('cache-restored', { server }),
    };
  }
}
