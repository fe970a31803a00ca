import type { Cluster, Redis } from 'ioredis';
import type { BreakerState, StoreBreaker } from '../core/store/breaker.js';
import type { Shard } from '../core/record/token.js';
import { CircuitBreaker } from './circuit-breaker.js';
import { isCluster } from './ioredis-internals.js';
import { masterAddressOf, masterOf } from './slots.js';

/** States of a client whose connection is lost. */
const LOST: readonly string[] = ['close', 'reconnecting', 'end'];

/** States ordered from most to least severe. */
const BY_SEVERITY: readonly BreakerState[] = ['open', 'half-open', 'closed'];

/**
 * A circuit breaker for each server that receives writes: one in all, or in a Cluster one for each master, so that an
 * unavailable master does not affect the sessions of the others.
 */
export class CircuitBreakers implements StoreBreaker {
  /** The breaker of all keys; `null` in a Cluster, where {@link of} selects one. */
  readonly only: CircuitBreaker | null;
  /** By the address of the master. */
  private readonly breakers = new Map<string, CircuitBreaker>();
  private readonly listeners: ((state: BreakerState) => void)[] = [];
  private lastState: BreakerState = 'closed';

  constructor(private readonly client: Redis | Cluster) {
    this.only = isCluster(client) ? null : this.of('');
  }

  /** The most severe state of all breakers. */
  get state(): BreakerState {
    const states = new Set([...this.breakers.values()].map(({ state }) => state));
    return BY_SEVERITY.find((state) => states.has(state)) ?? 'closed';
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

  /** Records a reply that passed no breaker. In a Cluster the master that sent it is unknown. */
  recordReply(): void {
    this.only?.close();
  }

  /** Returns `true` if calls to the master of a shard are stopped, or its connection is lost. Always `false` without a Cluster. */
  isUnavailable(shard: Shard): boolean {
    if (this.only) return false;
    const key = `{${shard}}`;
    const state = this.breakers.get(this.serverOf(key))?.state ?? 'closed';
    const node = masterOf(this.client, key);
    return state !== 'closed' || !node || LOST.includes(node.status);
  }

  /** Returns the breaker of the server that holds a key. */
  of(key: string): CircuitBreaker {
    const server = this.serverOf(key);
    const known = this.breakers.get(server);
    if (known) return known;
    const breaker = new CircuitBreaker(() => this.report());
    this.breakers.set(server, breaker);
    return breaker;
  }

  private serverOf(key: string): string {
    return isCluster(this.client) ? (masterAddressOf(this.client, key) ?? '') : '';
  }

  private report(): void {
    const { state } = this;
    if (state === this.lastState) return;
    this.lastState = state;
    for (const listener of this.listeners) listener(state);
  }
}
