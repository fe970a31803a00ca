import type { TokenPair } from './token-pair.js';
import { mint, mintFrom } from './client-token.js';
import { endOther, replaceOthers } from './end-others.js';
import { SessionLimitError, SessionSizeError, SessionUnavailableError } from '../errors/errors.js';
import { applyChanges, difference, isEmpty, NO_CHANGES, without } from '../store/field-changes.js';
import type { LifetimeChoice } from './lifetime.js';
import { lifetimeAtSignIn } from './lifetime.js';
import { limitFor } from '../runtime/limit.js';
import type { SessionRuntime } from '../runtime/runtime.js';
import type { SessionState } from './session-state.js';
import type {
  FieldChanges,
  OnExceed,
  Origin,
  SessionRecord,
  SignInIntent,
  SignInOutcome,
  SignInSource,
} from '../store/store.js';
import type { SessionId, Token } from '../record/token.js';
import { shardOf, shardOfUser, signInNonce, verifierOf } from '../record/token.js';
import type { SessionUser } from '../runtime/user.js';
import { userIdOf } from '../runtime/user.js';

/** The settings of one sign-in. */
export interface SignInSettings extends LifetimeChoice {
  /** @defaultValue the option `data.keepOnSignIn` */
  readonly keepData?: boolean;
  /** @defaultValue the origin of the request */
  readonly origin?: Origin;
  /** @defaultValue the policy of the limit */
  readonly onExceed?: OnExceed | undefined;
}

/** Time for which a repeated sign-in is recognised: a double click, or a request that is sent again. */
const SAME_SIGN_IN_MS = 10_000;
/** Time by which a sign-in has ended the visitor's session, or has failed to do so. */
const LEFT_BEHIND_MS = 1_000;
const NONE: readonly SessionRecord[] = [];

/**
 * Signs a user in: issues a new token and ID, ends the old token, indexes the session under its user and enforces the
 * limit. This is one step of the store if the session stays in its shard or starts here. An anonymous session that moves
 * to its user's shard takes a second step, which ends the old session; a crash between the two leaves an anonymous
 * session, which expires.
 *
 * A sign-in that the client sends twice counts once: the second request continues in the session of the first.
 *
 * @throws SessionLimitError when the user has as many sessions as allowed and the policy is to reject
 */
export async function signIn(
  work: SessionState,
  user: SessionUser,
  settings: SignInSettings,
): Promise<SessionRecord> {
  work.checkTokenCanChange('signed in');
  // A client without a token was not looked up, so that the time of its arrival is not known.
  const beganAt = work.loaded.at || work.runtime.store.now();
  const previous = work.record;
  const presented = isAnonymous(previous) ? work.clientToken.signInSource : null;
  const source = presented ? sourceOf(presented) : undefined;
  const shard = shardOfUser(userIdOf(user));
  const next = presented && source ? mintFrom(presented, source.nonce, shard) : mint(shard);
  const { keepData: isDataKept = work.runtime.keepDataOnSignIn } = settings;
  const keepData = isDataKept && !work.endedBy && isSameOwner(previous, user);
  const others = work.others ? await work.others.sessions() : NONE;
  const intent = await intentOf(work, user, { id: next.id, source, keepData, settings, others });
  if (others.length > 0) await makeRoom(work, intent, others);
  const outcome = await work.runtime.store.signIn(intent);
  countRace(work.runtime, outcome, beganAt);
  if (outcome.status === 'rejected') throw rejected(work, intent, outcome);
  work.runtime.tally.replaced += 1; // and once more when everything that it replaces is marked
  const before = work.fields.baseline;
  if (outcome.status === 'again') {
    work.runtime.tally.repeatedSignIns += 1;
    announceEvictions(work, { ...intent, id: outcome.record.id }, outcome.evicted);
    await join(work, mintFrom(presented as Token, outcome.nonce, shard), outcome.record, keepData);
    const isLeftToFirst = previous?.id === work.loaded.record?.id && !isLeftBehind(work, outcome.record);
    if (isLeftToFirst) return outcome.record;
  } else {
    begin(work, next, intent, outcome.record, keepData);
  }
  if (hasToRetire(work, previous, intent)) await retire(work, previous, intent, keepData ? before : null);
  work.markReplaced();
  if (outcome.status === 'signed-in') {
    announce(work, intent, outcome.evicted, previous?.id ?? intent.replaces?.id ?? null);
  }
  return outcome.record;
}

/** Counts a sign-in that met the limit, and another sign-in of the same user since its request came. */
function countRace({ tally: { limitRaces } }: SessionRuntime, outcome: SignInOutcome, beganAt: number): void {
  if (outcome.status === 'rejected') {
    if (outcome.live.some(({ signedInAt }) => (signedInAt ?? 0) > beganAt)) limitRaces.refused += 1;
  } else if (outcome.status === 'signed-in' && (outcome.latestOther ?? 0) > beganAt) {
    limitRaces.created += 1;
  }
}

function sourceOf(presented: Token): SignInSource {
  return { digest: verifierOf(presented), nonce: signInNonce(), keptForMs: SAME_SIGN_IN_MS };
}

/** Continues in the session that the store has created. */
function begin(
  work: SessionState,
  token: TokenPair,
  intent: SignInIntent,
  record: SessionRecord,
  keepData: boolean,
): void {
  const { record: previous, fields } = work;
  const { changes } = intent;
  work.switchToken(token, record);
  if (!keepData) return fields.reset(new Map());
  fields.acknowledge(isTakenOver(previous, intent) ? changes : difference(fields.baseline, changes.set));
}

/**
 * Continues in the session that another request of the same client has started, and adds the changes of this request. The
 * visitor's session is left to the other request, which knows what it has taken over from there.
 *
 * @throws SessionEndedError when the session has ended during the request
 */
async function join(
  work: SessionState,
  token: TokenPair,
  record: SessionRecord,
  keepData: boolean,
): Promise<void> {
  const { fields, runtime, clientToken } = work;
  const own = changesToJoin(work, record);
  work.switchToken(token, record);
  clientToken.markJoined();
  if (!keepData) return fields.reset(record.fields);
  fields.absorb(without(difference(fields.baseline, record.fields), own));
  const changes = work.changesWithinSize();
  if (work.rules) await work.checkRules(changes);
  if (isEmpty(own)) return;
  if (!(await runtime.store.commit(record, own))) throw await work.markEnded(record, 'write');
  fields.acknowledge(own);
}

/** Returns the changes of this request, saved or not, since it came with the token that both requests presented. */
function changesToJoin(work: SessionState, record: SessionRecord): FieldChanges {
  const { loaded, fields } = work;
  // A session that this request started is entirely its own, and so is everything that came after a failed sign-in.
  if (isLeftBehind(work, record)) return { set: difference(record.fields, fields.all()).set, remove: [] };
  const presented = work.record?.id === loaded.record?.id ? loaded.record : null;
  return difference(presented?.fields ?? new Map(), fields.all());
}

/** Returns true if the request that started a session failed to end the visitor's, which still lived much later. */
function isLeftBehind({ loaded }: SessionState, { lastActiveAt }: SessionRecord): boolean {
  return loaded.record !== null && loaded.at - lastActiveAt > LEFT_BEHIND_MS;
}

function isAnonymous(record: SessionRecord | null): boolean {
  return record === null || record.userId === null;
}

/** Returns true if a sign-in continues the previous session, under its new ID. */
function isTakenOver(previous: SessionRecord | null, { replaces }: SignInIntent): boolean {
  return previous !== null && replaces?.id === previous.id;
}

/** Ends the user's own sessions among those of the request's further tokens, so that none of them counts for the limit. */
async function makeRoom(
  { runtime }: SessionState,
  { userId, replaces }: SignInIntent,
  others: readonly SessionRecord[],
): Promise<void> {
  for (const record of others) {
    if (record.userId === userId && record.id !== replaces?.id) await endOther(runtime, record, 'replaced');
  }
}

/** Returns true if the session is the user's or anonymous. The data of one user is never handed to another. */
function isSameOwner(previous: SessionRecord | null, user: SessionUser): boolean {
  return isAnonymous(previous) || previous?.userId === userIdOf(user);
}

/** The parts of a sign-in that are known before its lifetime and its changes. */
interface SignInStart {
  readonly id: SessionId;
  readonly source: SignInSource | undefined;
  readonly keepData: boolean;
  readonly settings: SignInSettings;
  readonly others: readonly SessionRecord[];
}

async function intentOf(
  work: SessionState,
  user: SessionUser,
  { id, source, keepData, settings, others }: SignInStart,
): Promise<SignInIntent> {
  const { record: previous, runtime } = work;
  const { device, address } = settings.origin ?? work.loaded.client.origin();
  const isInShard = previous !== null && isSameOwner(previous, user) && shardOf(previous.id) === shardOf(id);
  const { timeouts, persistent, absoluteEndAt, own } = await lifetimeAtSignIn(work, user, settings);
  const changes = keepData ? work.changesWithinSize(true) : NO_CHANGES;
  if (keepData && work.rules) await work.checkRules(changes);
  const userId = userIdOf(user);
  const other = others.find((record) => record.userId === userId);
  return {
    id,
    userId,
    device,
    address,
    timeouts,
    persistent,
    absoluteEndAt,
    signedInAt: settings.signedInAt,
    own,
    limit: await limitFor(runtime.limit, user, settings.onExceed),
    replaces: isInShard ? { id: previous.id, keepData } : other ? { id: other.id, keepData: false } : null,
    createdAt: keepData && previous ? previous.createdAt : null,
    changes: keepData && !isInShard ? allFields(work, changes) : changes,
    source,
  };
}

/** Returns the changes that store all fields in a session without any. @param changes those that are not stored yet */
function allFields({ fields }: SessionState, changes: FieldChanges): FieldChanges {
  return { set: applyChanges(fields.baseline, changes), remove: [] };
}

/** Returns true if a sign-in may have left a session or a token behind. */
function hasToRetire(
  { loaded, others }: SessionState,
  previous: SessionRecord | null,
  intent: SignInIntent,
): boolean {
  if (loaded.presented !== null || others !== null) return true;
  return previous !== null && !isTakenOver(previous, intent);
}

/**
 * Ends the sessions that a sign-in left behind: the one in another shard, and those of the request's further tokens. Marks
 * the presented token as replaced, so that no late response to it undoes the sign-in.
 *
 * @param known the fields that were taken over. Later writes of other requests follow; `null` if they must not
 */
async function retire(
  work: SessionState,
  previous: SessionRecord | null,
  intent: SignInIntent,
  known: ReadonlyMap<string, string> | null,
): Promise<void> {
  const { runtime, loaded } = work;
  const { tokenToRetire } = work.clientToken;
  const others = work.others ? await work.others.sessions() : NONE;
  try {
    if (previous && !isTakenOver(previous, intent)) await carryOver(work, previous, known);
    if (tokenToRetire && loaded.presented?.id !== previous?.id) {
      await runtime.store.destroy(tokenToRetire, { reason: 'replaced' });
    }
    if (others.length > 0) await replaceOthers(work);
  } catch (error) {
    // An anonymous session may stay until it expires, but not one of another user. Later writes of other requests are
    // dropped if they would make the new session too large.
    const isBearable =
      error instanceof SessionUnavailableError && isAnonymous(previous) && others.every(isAnonymous);
    if (!isBearable && !(error instanceof SessionSizeError)) throw error;
    runtime.events.emit('store-failed', { operation: 'end the session before a sign-in', error });
  }
}

/**
 * Ends the old session, and takes over what other requests have written to it in the meantime. The changes of this
 * request win, because the sign-in came after those writes.
 */
async function carryOver(
  work: SessionState,
  previous: SessionRecord,
  known: ReadonlyMap<string, string> | null,
): Promise<void> {
  const { store } = work.runtime;
  const stored = work.fields.baseline;
  const last = await store.destroy(previous.id, { reason: 'replaced' });
  if (!last || !known || !work.record) return;
  const late = without(difference(known, last.fields), difference(known, stored));
  if (isEmpty(late)) return;
  await store.commit(work.record, late);
  work.fields.absorb(late);
}

function rejected(
  { runtime }: SessionState,
  intent: SignInIntent,
  outcome: SignInOutcome & { status: 'rejected' },
): SessionLimitError {
  const { userId, device, address } = intent;
  const max = intent.limit.max ?? outcome.live.length;
  const live = outcome.live.map((record) => record.id);
  runtime.events.emit('rejected', { userId, device, address, max, live });
  return new SessionLimitError(max, outcome.live);
}

function announce(
  work: SessionState,
  intent: SignInIntent,
  evicted: readonly SessionId[],
  previousId: SessionId | null,
): void {
  const { id: sessionId, userId, device, address } = intent;
  if (previousId !== null) work.runtime.tally.endedAsReplaced += 1;
  work.runtime.events.emit('signed-in', { sessionId, userId, device, address, previousId, evicted });
  announceEvictions(work, intent, evicted);
}

function announceEvictions(
  { runtime: { events, limit } }: SessionState,
  { id: sessionId, userId, device, address, limit: { max } }: SignInIntent,
  evicted: readonly SessionId[],
): void {
  for (const id of evicted) {
    events.emit('evicted', { sessionId: id, userId, by: { sessionId, device, address } });
  }
  if (limit.isSafetyBound && max !== null && evicted.length > 0) {
    events.emit('many-sessions', { sessionId, userId, device, address, max });
  }
}
