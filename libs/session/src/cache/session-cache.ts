import type { SessionEvents } from '../core/runtime/events.js';
import type { CompleteStore } from '../core/store/store.js';
import { CachedStore } from './cached.store.js';
import type { CacheBounds } from './entries.js';
import { SessionCopies } from './session-copies.js';
import type { Coherence, TrackableStore, TrackedSource, TrackingListener } from './tracked-source.js';

/** How the in-process cache is set up. */
export interface CacheSettings extends CacheBounds {
  /** How late a change may be known at most, whatever fails, in milliseconds. */
  readonly stalenessMs: number;
}

/** What the in-process cache has done since the process began, and what it holds. */
export interface SessionCacheStatistics {
  /**
   * - `coherent`: in use. `partly`: in use for the sessions of some of a Cluster's masters
   * - `bypassed`: set up, but out of use for now; Redis is asked each time
   * - `off`: not set up
   */
  readonly state: Coherence | 'off';
  /** Sessions that were answered from memory. */
  readonly hits: number;
  /** Sessions that had to be read, and were kept if nothing came in between. */
  readonly misses: number;
  /** Sessions that Redis said have changed. */
  readonly invalidations: number;
  /** Sessions that were read past the cache, because its coherence was in doubt. */
  readonly bypasses: number;
  /** How often all that was kept was dropped. In a Cluster: all of one master. */
  readonly flushes: number;
  /** How often the cache went out of use, or did not come into use at first. In a Cluster: for one master. */
  readonly outages: number;
  /** Why the cache is out of use, or partly, at the moment; `null`: it is in use, or was not set up. */
  readonly reason: string | null;
  /** Sessions that are kept. */
  readonly entries: number;
  /** About how much memory they take. */
  readonly bytes: number;
}

const NOTHING = {
  ...{ hits: 0, misses: 0, invalidations: 0, bypasses: 0, flushes: 0, outages: 0 },
  ...{ reason: null, entries: 0, bytes: 0 },
};

/**
 * The in-process cache of sessions, as far as an application sees it. Inject it to know how well it works.
 *
 * @example
 * constructor(private readonly cache: SessionCache) {}
 * hitRate() { const { hits, misses } = this.cache.statistics(); return hits / (hits + misses); }
 */
export class SessionCache {
  private source: TrackedSource | null = null;
  private outages = 0;
  private lastReason: string | null = null;

  private constructor(private readonly copies: SessionCopies | null) {}

  /** @internal Where no cache is wanted. */
  static off(): SessionCache {
    return new SessionCache(null);
  }

  /** @internal Opens what the cache needs. */
  static async open(
    store: TrackableStore,
    { stalenessMs, ...bounds }: CacheSettings,
    events: SessionEvents,
  ): Promise<SessionCache> {
    const copies = new SessionCopies(bounds);
    const cache = new SessionCache(copies);
    cache.source = await store.track(cache.listenerOf(copies, events), stalenessMs);
    copies.readFrom(cache.source);
    return cache;
  }

  /** What the cache has done so far, and what it holds. */
  statistics(): SessionCacheStatistics {
    if (!this.copies || !this.source) return { state: 'off', ...NOTHING };
    const { counts, size, bytes } = this.copies;
    const state = this.source.coherence;
    const reason = state === 'coherent' ? null : this.lastReason;
    return { state, ...counts, outages: this.outages, reason, entries: size, bytes };
  }

  /** @internal Puts the cache in front of a store. */
  over(store: CompleteStore): CompleteStore {
    return this.copies ? new CachedStore(store, this.copies) : store;
  }

  /** @internal */
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
