import { DelegatingStore } from './delegating.store.js';
import type { SessionStore } from './store.js';

/**
 * Rejects every call with one error: the store of a request whose session could not be loaded. Its writes must not reach
 * another session than its client's, even if the store has recovered since.
 */
export class UnreachableStore extends DelegatingStore {
  constructor(
    store: SessionStore,
    private readonly error: Error,
  ) {
    super(store);
  }

  protected override run(): Promise<never> {
    return Promise.reject(this.error);
  }
}
