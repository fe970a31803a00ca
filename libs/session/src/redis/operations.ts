/**
 * What the store asks of Redis, in the words of "could not …", and whether it does no harm to ask again when nobody
 * knows whether it was done. Not so what would undo the write of another that came in between, or would find its own
 * work done and take it for another's.
 */
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
  probe: { operation: 'prove that changes are told of' },
  revokeAll: { operation: "end a user's sessions" },
  revokeEveryone: { operation: 'end the sessions of everyone' },
} as const;
