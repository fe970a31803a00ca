import {
  DelegatingStore,
  type SessionId,
  type SessionStore,
  type StoreOperation,
} from 'nestjs-redis-session/core';
import { Gate } from 'nestjs-redis-session/testing';

/**
 * Stands between an application and the store that it makes, so that a test can hold calls, fail them or count them. Every
 * call is affected until `reset()`. A `GatedStore` wraps a store that the test has made, and holds one call.
 */
export class StoreHook {
  readonly calls: StoreOperation[] = [];
  private reach: (operation: StoreOperation) => Promise<void> | void = () => undefined;

  wrap(store: SessionStore): SessionStore {
    return new HookedStore(store, async (operation) => {
      this.calls.push(operation);
      await this.reach(operation);
    });
  }

  reset(): void {
    this.calls.length = 0;
    this.reach = () => undefined;
  }

  /** Holds calls of some operations until the gate opens. */
  gate(...operations: StoreOperation[]): Gate {
    const gate = new Gate();
    this.reach = async (operation) => {
      if (operations.includes(operation)) await gate.pass();
    };
    return gate;
  }

  /** Makes calls of some operations fail. */
  fail(error: Error, ...operations: StoreOperation[]): void {
    this.reach = (operation) => {
      if (operations.includes(operation)) throw error;
    };
  }
}

class HookedStore extends DelegatingStore {
  constructor(
    store: SessionStore,
    private readonly reach: (operation: StoreOperation) => Promise<void>,
  ) {
    super(store);
  }

  protected override async run<T>(
    operation: StoreOperation,
    _changed: readonly SessionId[],
    call: () => Promise<T>,
  ): Promise<T> {
    await this.reach(operation);
    return call();
  }
}
