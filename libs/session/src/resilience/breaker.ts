import type { BreakerState } from '../core/breaker.js';
import type { CircuitBreakerPolicy } from 'cockatiel';
import {
  BrokenCircuitError,
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleWhen,
} from 'cockatiel';

/** So many failures in a row, and nothing more is asked for a while. */
const FAILURES_TO_OPEN = 5;
/** How long a breaker rests before it lets one call through; each time longer, and never the same in all processes. */
const REST_MS = { initialDelay: 100, maxDelay: 250 };

/** The breaker is open: what was asked was not tried. */
export class NotAskedError extends Error {
  override readonly name = 'NotAskedError';

  constructor() {
    super('it is away, and is not asked until it is back');
  }
}

const STATES: Readonly<Record<CircuitState, BreakerState>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half-open',
  // Nobody isolates it.
  [CircuitState.Isolated]: 'open',
};

/**
 * Stops asking a server that fails again and again: calls fail at once and cost it nothing, until one that is let
 * through now and then succeeds.
 */
export class Breaker {
  private readonly listeners: ((state: BreakerState) => void)[] = [];
  private policy: CircuitBreakerPolicy;

  /** @param isOutage whether an error means that the server is away, and not that it refused this one call */
  constructor(private readonly isOutage: (error: Error) => boolean) {
    this.policy = this.createPolicy();
  }

  get state(): BreakerState {
    return STATES[this.policy.state];
  }

  /** What failed last; `null`: nothing so far. */
  get lastError(): Error | null {
    const failure = this.policy.lastFailure;
    return failure && 'error' in failure ? failure.error : null;
  }

  /** Calls `listener` whenever the state changes. */
  onChange(listener: (state: BreakerState) => void): void {
    this.listeners.push(listener);
  }

  /** Closes: somebody has found out in another way that the server is back. */
  close(): void {
    if (this.state === 'closed') return;
    this.policy = this.createPolicy();
    this.tell('closed');
  }

  /**
   * Runs a call unless the breaker is open. While the one call that was let through is under way, all others fail too:
   * to wait for its outcome would cost them their own time.
   *
   * @throws NotAskedError without running the call
   */
  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.policy.state === CircuitState.HalfOpen) throw new NotAskedError();
    try {
      return await this.policy.execute(call);
    } catch (error) {
      throw error instanceof BrokenCircuitError ? new NotAskedError() : error;
    }
  }

  private createPolicy(): CircuitBreakerPolicy {
    const policy = circuitBreaker(handleWhen(this.isOutage), {
      breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN),
      halfOpenAfter: new ExponentialBackoff(REST_MS),
    });
    policy.onStateChange((state) => {
      // What was under way when it was closed from outside has nothing to say any more.
      if (policy === this.policy) this.tell(STATES[state]);
    });
    return policy;
  }

  private tell(state: BreakerState): void {
    for (const listener of this.listeners) listener(state);
  }
}
