import type { StoreOperation } from '../core/store/store.js';

/** An operation of the store. */
export interface Operation {
  /** The method of the store, as metrics name it. */
  readonly name: StoreOperation;
  /** The purpose, which completes "could not …". */
  readonly operation: string;
  /**
   * True if the operation may be repeated when the outcome of the first attempt is unknown. An operation must not be
   * repeated if it would undo a write of another request made meanwhile, or would mistake its own first attempt for
   * another request.
   */
  readonly isRepeatable?: boolean;
}

/** The operations of the store. */
export const OPERATIONS = {
  load: { name: 'load', operation: 'load a session', isRepeatable: true },
  endOf: { name: 'endOf', operation: 'read why a session ended', isRepeatable: true },
  create: { name: 'create', operation: 'create a session' },
  commit: { name: 'commit', operation: 'save a session' },
  increment: { name: 'increment', operation: 'add to a number' },
  compareAndSet: { name: 'compareAndSet', operation: 'update a field' },
  touch: { name: 'touch', operation: 'record activity', isRepeatable: true },
  rotate: { name: 'rotate', operation: 'rotate a token', isRepeatable: true },
  confirmRotation: { name: 'confirmRotation', operation: 'confirm a rotation', isRepeatable: true },
  regenerate: { name: 'regenerate', operation: 'regenerate a session' },
  signIn: { name: 'signIn', operation: 'sign a user in' },
  destroy: { name: 'destroy', operation: 'end a session' },
  revoke: { name: 'revoke', operation: 'end a session' },
  list: { name: 'list', operation: "list a user's sessions", isRepeatable: true },
  probe: { name: 'ping', operation: 'verify client tracking' },
  revokeAll: { name: 'revokeAll', operation: "end a user's sessions" },
  revokeEveryone: { name: 'revokeEveryone', operation: 'end the sessions of everyone' },
} as const satisfies Record<string, Operation>;
