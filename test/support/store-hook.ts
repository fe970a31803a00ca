import type { SessionStore } from 'nestjs-redis-session';
import { Gate } from 'nestjs-redis-session/testing';

export type StoreMethod = keyof SessionStore;

/** Stands between the module and its store, so that a test can hold a call, fail it, or count it. */
export class StoreHook {
  readonly calls: StoreMethod[] = [];
  /** Runs before a call reaches the store. */
  before: (method: StoreMethod) => Promise<void> | void = () => undefined;

  wrap(store: SessionStore): SessionStore {
    return new Proxy(store, {
      get: (target, name: StoreMethod) => {
        const method: unknown = target[name];
        if (typeof method !== 'function') return method;
        if (name === 'now') return () => target.now();
        return async (...args: unknown[]) => {
          this.calls.push(name);
          await this.before(name);
          return (method as (...args: unknown[]) => unknown).apply(target, args);
        };
      },
    });
  }

  reset(): void {
    this.calls.length = 0;
    this.before = () => undefined;
  }

  /** Holds calls of some methods until the gate opens. */
  gate(...methods: StoreMethod[]): Gate {
    const gate = new Gate();
    this.before = async (method) => {
      if (methods.includes(method)) await gate.pass();
    };
    return gate;
  }

  /** Makes calls of some methods fail. */
  fail(error: Error, ...methods: StoreMethod[]): void {
    this.before = (method) => {
      if (methods.includes(method)) throw error;
    };
  }
}
