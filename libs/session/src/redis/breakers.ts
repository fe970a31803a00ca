import type { BreakerState, StoreBreaker } from '../core/breaker.js';
import type { Cluster, Redis } from 'ioredis';
import { Breaker } from '../resilience/breaker.js';
import { isOutage } from './redis-error.js';
import type { Shard } from '../core/token.js';
import { masterNameOf, masterOf } from './slots.js';

/** Where a connection stands that was lost. */
const LOST: readonly string[] = ['close', 'reconnecting', 'end'];

/** The worst first. */
const BY_CONCERN: readonly BreakerState[] = ['open', 'half-open', 'closed'];

/**
 * A breaker for each server that is written to: one, or in a Cluster one for each master, so that the sessions of the
 * others are served while one is away.
 */
export class Breakers implements StoreBreaker {
  private readonly breakers = new Map<string, Breaker>();
  private readonly listeners: ((state: BreakerState) => void)[] = [];
  private lastState: BreakerState = 'closed';

  constructor(private readonly client: Redis | Cluster) {}

  /** The state of the one that is worst off. */
  get state(): BreakerState {
    const states = new Set([...this.breakers.values()].map(({ state }) => state));
    return BY_CONCERN.find((state) => states.has(state)) ?? 'closed';
  }

  get lastError(): Error | null {
    const failed = [...this.breakers.values()].find(
      ({ state, lastError }) => state !== 'closed' && lastError,
    );
    return failed?.lastError ?? null;
  }

  onChange(listener: (state: BreakerState) => void): void {
    this.listeners.push(listener);
  }

  /** The server has given a sign of life. In a Cluster nobody knows which one it was. */
  noteLife(): void {
    if (this.client.isCluster) return;
    for (const breaker of this.breakers.values()) breaker.close();
  }

  /** In a Cluster: whether the master of a shard is not asked any more, or its connection is lost. */
  isAway(shard: Shard): boolean {
    if (!this.client.isCluster) return false;
    const key = `{${shard}}`;
    const state = this.breakers.get(masterNameOf(this.client, key))?.state ?? 'closed';
    const node = masterOf(this.client, key);
    return state !== 'closed' || !node || LOST.includes(node.status);
  }

  /** The breaker of the server that has a key. */
  of(key: string): Breaker {
    const node = masterNameOf(this.client, key);
    const known = this.breakers.get(node);
    if (known) return known;
    const breaker = new Breaker(isOutage);
    breaker.onChange(() => this.tell());
    this.breakers.set(node, breaker);
    return breaker;
  }

  private tell(): void {
    const { state } = this;
    if (state === this.lastState) return;
    this.lastState = state;
    for (const listener of this.listeners) listener(state);
  }
}
