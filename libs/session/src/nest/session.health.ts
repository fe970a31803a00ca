import type { BreakerState } from '../core/breaker.js';
import { Inject, Injectable } from '@nestjs/common';
import type { SessionRuntime } from '../core/runtime.js';
import type { ResolvedOptions } from '../options/resolve.js';
import { RESOLVED_OPTIONS, SESSION_RUNTIME } from './session.tokens.js';

/** How the session store is. */
export interface SessionHealthReport {
  readonly status: 'up' | 'down';
  /** Where sessions are kept. */
  readonly store: 'redis' | 'memory' | 'custom';
  /** Whether the store is asked at all; `null` for a store that is always asked. */
  readonly breaker: BreakerState | null;
  /** How long the store took to give a sign of life, in milliseconds; `null` when it gave none. */
  readonly latencyMs: number | null;
}

/**
 * Tells whether sessions can be served. It fits `@nestjs/terminus`, which it does not need:
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

  /** Asks the store for a sign of life, also while it is not asked for sessions. Never throws. */
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

  /** The report under a name, as health checks of `@nestjs/terminus` give it. */
  async isHealthy<Key extends string>(key: Key): Promise<Record<Key, SessionHealthReport>> {
    return { [key]: await this.report() } as Record<Key, SessionHealthReport>;
  }
}
