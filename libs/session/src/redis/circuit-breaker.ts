import type { BreakerState } from '../core/store/breaker.js';

/** Consecutive failures that open the circuit. */
const FAILURES_TO_OPEN = 5;
/** Bounds of the time for which the circuit stays open. It is random, so that processes do not all try again at once. */
const SHORTEST_REST_MS = 100;
const LONGEST_REST_MS = 250;

/** Thrown in place of a call that was not made because the circuit is open. */
export class CircuitOpenError extends Error {
  override readonly name = 'CircuitOpenError';

  constructor() {
    super('the circuit breaker is open');
  }
}

/**
 * Counts consecutive failures of calls to one server. Enough of them open the circuit, and calls fail without reaching
 * the server. After a rest one call, the trial, goes through: its outcome closes the circuit or opens it again.
 *
 * The caller reports each outcome with the epoch in which its call began. Outcomes of an earlier epoch are dropped,
 * because they say nothing about the server of now.
 */
export class CircuitBreaker {
  state: BreakerState = 'closed';
  /** Number of state changes so far. */
  epoch = 0;
  /** The failure that was reported last; `null` if there was none. */
  lastError: Error | null = null;
  private failures = 0;
  private restEndsAt = 0;

  /** @param onChange called after each change of the state */
  constructor(private readonly onChange: () => void) {}

  /** Admits one call to an open circuit. Returns `false` during the rest, and while another trial is under way. */
  startTrial(): boolean {
    if (this.state !== 'open' || performance.now() < this.restEndsAt) return false;
    this.change('half-open');
    return true;
  }

  /** Records that the server answered, even if it rejected the command. */
  succeed(epoch: number): void {
    if (epoch !== this.epoch) return;
    this.failures = 0;
    this.close();
  }

  /** Records that the server did not serve a call. */
  fail(epoch: number, error: Error): void {
    if (epoch !== this.epoch) return;
    this.lastError = error;
    this.failures += 1;
    if (this.state === 'closed' && this.failures < FAILURES_TO_OPEN) return;
    this.restEndsAt =
      performance.now() + SHORTEST_REST_MS + Math.random() * (LONGEST_REST_MS - SHORTEST_REST_MS);
    this.change('open');
  }

  /** Closes the circuit: the server is known to serve again. */
  close(): void {
    if (this.state === 'closed') return;
    this.failures = 0;
    this.change('closed');
  }

  private change(state: BreakerState): void {
    this.state = state;
    this.epoch += 1;
    this.onChange();
  }
}
