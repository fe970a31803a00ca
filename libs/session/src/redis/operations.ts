/** An operation of the store. */
export interface Operation {
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
  load: { operation: 'load a session', isRepeatable: true },
  endOf: { operation: 'read why a session ended', isRepeatable: true },
  create: { operation: 'create a session' },
  commit: { operation: 'save a session' },
  increment: { operation: 'add to a number' },
  compareAndSet: { operation: 'update a field' },
  touch: { operation: 'record activity', isRepeatable: true },
  rotate: { operation: 'rotate a token', isRepeatable: true },
  confirmRotation: { operation: 'confirm a rotation', isRepeatable: true },
  regenerate: { operation: 'regenerate a session' },
  signIn: { operation: 'sign a user in' },
  destroy: { operation: 'end a session' },
  revoke: { operation: 'end a session' },
  list: { operation: "list a user's sessions", isRepeatable: true },
  probe: { operation: 'verify client tracking' },
  revokeAll: { operation: "end a user's sessions" },
  revokeEveryone: { operation: 'end the sessions of everyone' },
} as const satisfies Record<string, Operation>;
