/**
 * `nestjs-redis-session/core`: the parts that sessions are made of, for packages that add an edge (WebSocket, RPC), a
 * store or a policy. Applications need `nestjs-redis-session` only.
 *
 * Unlike the API for applications, these names may change in any minor version before 1.0; the changelog lists each
 * change.
 *
 * @packageDocumentation
 */

// Write a store
export type {
  BulkRevocation,
  BulkSelection,
  CommitOptions,
  CompareAndSetOutcome,
  CompleteStore,
  CreateIntent,
  EndedSession,
  EndNotice,
  EndReason,
  FieldChanges,
  FieldOperations,
  IncrementOutcome,
  LiveEstimate,
  LoadOptions,
  OnExceed,
  Origin,
  OwnLifetime,
  RecordProblem,
  RegenerateIntent,
  RotateIntent,
  Rotation,
  SessionEnd,
  SessionRecord,
  SessionStore,
  SignInIntent,
  SignInOutcome,
  SignInSource,
  StoreCapability,
  StoreOperation,
  TokenRotation,
  UserSessions,
} from './store/store.js';
export { idleWindowMs, NO_IDLE_MS, touchDueAfterMs, type Timeouts } from './record/expiry.js';
export { bytesOf, type SizeLimits } from './record/size.js';
export { applyChanges, difference, isEmpty, NO_CHANGES } from './store/field-changes.js';
export { capabilitiesOf, completeStore, DelegatingStore } from './store/delegating.store.js';
export {
  byLatestSignIn,
  checkSize,
  committedRecord,
  confirmedRotation,
  createdRecord,
  currentVerifierOf,
  evictedBy,
  expiryOf,
  isNoticeKept,
  isSelected,
  listedRecord,
  regeneratedRecord,
  rotatedBy,
  signedInRecord,
  sumOf,
} from './store/store-rules.js';
export { type Clock, steadyClock, systemClock } from './runtime/clock.js';
export type { BreakerState, StoreBreaker } from './store/breaker.js';
export { SessionSizeError, SessionUnavailableError, SessionUsageError } from './errors/errors.js';

// Read session IDs and tokens
export {
  handleOf,
  isGenuine,
  isRotated,
  joinSessionId,
  markIdOf,
  mintToken,
  parseSessionId,
  parseToken,
  randomShard,
  rotationKeys,
  sessionIdOf,
  shardOf,
  shardOfUser,
  signInNonce,
  signInToken,
  successorOf,
  verifierOf,
  type RotationKeys,
  type SessionId,
  type Shard,
  type Token,
} from './record/token.js';
export type { TokenPair } from './request/token-pair.js';

// Write an edge: load the session of a token, use it, send the changed token, watch for the end of the session
export type {
  AnonymousPolicy,
  PrincipalField,
  PrincipalSource,
  RotationPolicy,
  SessionRuntime,
} from './runtime/runtime.js';
export { loadSession } from './request/load-session.js';
export { anonymousSession, LoadedSession, type Client, type TokenStatus } from './request/loaded-session.js';
export { contextOfSession, SessionContext } from './request/session-context.js';
export type { SessionObject } from './session/session.js';
export type { TokenChange } from './request/client-token.js';
export type { SignInSettings } from './request/sign-in.js';
export type { LifetimeChoice } from './request/lifetime.js';
export { watchEnd } from './runtime/watch.js';
export {
  SessionEvents,
  type SessionEvent,
  type SessionEventMap,
  type SessionEventType,
} from './runtime/events.js';
export { SessionTally } from './runtime/tally.js';
export type { SessionInstruments, TracedOperation } from './runtime/instruments.js';
export { describeSession, type SessionInfo } from './record/session-info.js';
export { type SessionUser, userIdOf } from './runtime/user.js';
export { isSessionError, SessionError, type SessionErrorCode } from './errors/errors.js';

// Write a policy
export { type LimitPolicy, limitFor, SAFETY_BOUND, type SessionMax } from './runtime/limit.js';
export type {
  SessionActivity,
  TimeoutPolicy,
  TimeoutQuestion,
  TimeoutSource,
} from './runtime/timeout-policy.js';
export type { Encoded, FieldCodec, FieldRules, UnknownFields, ValueProblem } from './fields/field-codec.js';
