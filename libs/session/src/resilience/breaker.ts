import type { BreakerState } from '../core/breaker.js';
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
  private readonly policy;

  /** @param isOutage whether an error means that the server is away, and not that it refused this one call */
  constructor(isOutage: (error: Error) => boolean) {
    this.policy = circuitBreaker(handleWhen(isOutage), {
      breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN),
      halfOpenAfter: new ExponentialBackoff(REST_MS),
    });
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
    this.policy.onStateChange((state) => listener(STATES[state]));
  }

  /**
   * Runs a call unless the breaker is open. While the one call that was let through is under way, all others fail too:
   * to wait for its outcome would cost them their own time.
   *
   * @throws BrokenCircuitError without running the call
   */
  run<T>(call: () => Promise<T>): Promise<T> {
    if (this.policy.state === CircuitState.HalfOpen) return Promise.reject(new BrokenCircuitError());
    return this.policy.execute(call);
  }
}
