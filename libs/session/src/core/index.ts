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
  CompareAndSetOutcome,
  CompleteStore,
  CreateIntent,
  EndedSession,
  EndNotice,
  EndReason,
  FieldChanges,
  FieldOperations,
  IncrementOutcome,
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
} from './store.js';
export { idleWindowMs, NO_IDLE_MS, touchDueAfterMs, type Timeouts } from './expiry.js';
export { bytesOf, type SizeLimits } from './size.js';
export { applyChanges, difference, isEmpty, NO_CHANGES } from './field-changes.js';
export { capabilitiesOf, completeStore, DelegatingStore } from './delegating.store.js';
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
  listedRecord,
  regeneratedRecord,
  rotatedBy,
  signedInRecord,
  sumOf,
} from './store-rules.js';
export { type Clock, steadyClock, systemClock } from './clock.js';
export type { BreakerState, StoreBreaker } from './breaker.js';
export { SessionSizeError, SessionUnavailableError, SessionUsageError } from './errors.js';

// Read session ids and tokens
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
} from './token.js';
export type { TokenPair } from './token-pair.js';

// Write an edge: load the session of a token, work with it, hand out the changed token, notice the end of the session
export type {
  AnonymousPolicy,
  PrincipalField,
  PrincipalSource,
  RotationPolicy,
  SessionRuntime,
} from './runtime.js';
export { loadSession } from './load-session.js';
export { anonymousSession, LoadedSession, type Client, type TokenStatus } from './loaded-session.js';
export { contextOfSession, SessionContext } from './session-context.js';
export type { SessionObject } from './session.js';
export { ClientToken, type TokenChange } from './client-token.js';
export type { SignInSettings } from './sign-in.js';
export type { LifetimeChoice } from './lifetime.js';
export { watchEnd } from './watch.js';
export { SessionEvents, type SessionEvent, type SessionEventMap, type SessionEventType } from './events.js';
export { SessionTally } from './statistics.js';
export { describeSession, type SessionInfo } from './session-info.js';
export { type SessionUser, userIdOf } from './user.js';

// Write a policy
export { type LimitPolicy, limitFor, SAFETY_BOUND, type SessionMax } from './limit.js';
export type { SessionActivity, TimeoutPolicy, TimeoutQuestion, TimeoutSource } from './timeout-policy.js';
export type { Encoded, FieldCodec, FieldRules, UnknownFields, ValueProblem } from './field-codec.js';
