import { DelegatingStore } from '../../core/store/delegating.store.js';
import type { StoreOperation } from '../../core/store/store.js';
import type { SessionId } from '../../core/record/token.js';
import { Gate } from './gate.js';

/**
 * The point at which an operation is held: `'before'` it reaches the store, or `'after'` the store did it and before its
 * caller gets the reply.
 */
export type HoldPoint = 'before' | 'after';

interface Hold {
  readonly operation: StoreOperation;
  readonly point: HoldPoint;
  readonly gate: Gate;
}

/**
 * A store that delegates to another and whose operations a test can hold: gates in place of sleeps, so that a race goes the
 * same way each time.
 *
 * @example
 * const store = new GatedStore(new MemoryStore());
 * // … an application with `SessionModule.forRoot({ store })`, and a client that is signed in
 * const gate = store.hold('commit');
 * const slow = client.put('/cart', item);
 * await gate.arrived;
 * await client.post('/logout');
 * gate.open();
 * await slow; // has brought nothing back
 */
export class GatedStore extends DelegatingStore {
  private readonly holds: Hold[] = [];

  /** Holds the next call of an operation that no earlier hold applies to. */
  hold(operation: StoreOperation, point: HoldPoint = 'before'): Gate {
    const gate = new Gate();
    this.holds.push({ operation, point, gate });
    return gate;
  }

  /** Lets the store do the next call of an operation, and rejects it with a `SessionUnavailableError`. */
  loseReply(operation: StoreOperation): void {
    this.hold(operation, 'after').fail();
  }

  /** Runs at both points of every operation; the operation waits for it. */
  protected async reach(operation: StoreOperation, point: HoldPoint): Promise<void> {
    const index = this.holds.findIndex((hold) => hold.operation === operation && hold.point === point);
    if (index >= 0) await this.holds.splice(index, 1)[0]?.gate.pass();
  }

  protected override async run<T>(
    operation: StoreOperation,
    _changed: readonly SessionId[],
    call: () => Promise<T>,
  ): Promise<T> {
    await this.reach(operation, 'before');
    const reply = await call();
    await this.reach(operation, 'after');
    return reply;
  }
}
