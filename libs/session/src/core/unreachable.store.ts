import type { SessionStore } from './store.js';

/**
 * A store that refuses everything with one error: what a request works with whose session could not be loaded. What it
 * writes must not end up in another session than its client's, though the store may be back by then.
 */
export function unreachableStore(error: Error, now: () => number): SessionStore {
  const refuse = () => Promise.reject(error);
  return {
    load: refuse,
    endOf: refuse,
    create: refuse,
    commit: refuse,
    increment: refuse,
    compareAndSet: refuse,
    touch: refuse,
    rotate: refuse,
    confirmRotation: refuse,
    regenerate: refuse,
    signIn: refuse,
    destroy: refuse,
    revoke: refuse,
    list: refuse,
    revokeAll: refuse,
    revokeEveryone: refuse,
    now,
    ping: refuse,
    close: () => Promise.resolve(),
  };
}
