import type { BreakerState } from '../core/store/breaker.js';
import { Inject, Injectable } from '@nestjs/common';
import type { SessionRuntime } from '../core/runtime/runtime.js';
import type { ResolvedOptions } from '../options/resolve.js';
import { RESOLVED_OPTIONS, SESSION_RUNTIME } from './session.tokens.js';

/** State of the session store. */
export interface SessionHealthReport {
  readonly status: 'up' | 'down';
  /** Kind of the store. */
  readonly store: 'redis' | 'memory' | 'custom';
  /** State of the circuit breaker; `null` if the store has none. */
  readonly breaker: BreakerState | null;
  /** Duration of the ping, in milliseconds; `null` if it failed. */
  readonly latencyMs: number | null;
}

/**
 * Reports whether sessions can be served. Suitable for `@nestjs/terminus`, which it does not need:
 *
 * @example
 * this.terminus.check([() => this.sessionHealth.isHealthy('sessions')])
 */
@Injectable()
export class SessionHealth {
  constructor(
    @Inject(SESSION_RUNTIME) private readonly runtime: SessionRuntime,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** Pings the store, even while the circuit breaker is open. Never throws. */
  async report(): Promise<SessionHealthReport> {
    const { store } = this.runtime;
    const startedAt = performance.now();
    const isUp = await store.ping().then(
      () => true,
      () => false,
    );
    const latencyMs = isUp ? Math.round((performance.now() - startedAt) * 1000) / 1000 : null;
    return {
      status: isUp ? 'up' : 'down',
      store: this.options.store.kind,
      breaker: store.breaker?.state ?? null,
      latencyMs,
    };
  }

  /** Returns the report under a name, as health checks of `@nestjs/terminus` do. */
  async isHealthy<Key extends string>(key: Key): Promise<Record<Key, SessionHealthReport>> {
    return { [key]: await this.report() } as Record<Key, SessionHealthReport>;
  }
}
