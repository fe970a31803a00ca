import type { TokenPair } from './token-pair.js';
import { mint, mintFrom } from './client-token.js';
import { endOther, replaceOthers } from './end-others.js';
import { SessionLimitError, SessionSizeError, SessionUnavailableError } from './errors.js';
import { difference, isEmpty, NO_CHANGES, without } from './field-changes.js';
import type { LifetimeChoice } from './lifetime.js';
import { lifetimeAtSignIn } from './lifetime.js';
import { limitFor } from './limit.js';
import type {
  FieldChanges,
  OnExceed,
  Origin,
  SessionRecord,
  SignInIntent,
  SignInOutcome,
  SignInSource,
} from './store.js';
import type { SessionId, Token } from './token.js';
import { shardOf, shardOfUser, signInNonce, verifierOf } from './token.js';
import type { UnitOfWork } from './unit-of-work.js';
import type { SessionUser } from './user.js';
import { userIdOf } from './user.js';

/** What a sign-in decides for itself. */
export interface SignInSettings extends LifetimeChoice {
  readonly keepData: boolean;
  readonly origin: Origin;
  /** `undefined`: what the limit says. */
  readonly onExceed?: OnExceed;
}

/** How long after a sign-in the same one is recognised: a double click, or a request that is sent again. */
const SAME_SIGN_IN_MS = 10_000;
/** So much later a sign-in has ended the visitor's session, or it never will. */
const LEFT_BEHIND_MS = 1_000;

/**
 * Signs a user in: a new token and id, the old token dead, the session indexed under its user and the limit enforced.
 * One step of the store when the session stays in its shard or begins here. An anonymous session that moves to its
 * user's shard takes a second step, which ends the old one; a crash in between leaves a session that nobody was ever
 * signed in to, which expires.
 *
 * A sign-in that the client has sent twice is one: the request that comes second goes on in the session of the first.
 *
 * @throws SessionLimitError when the user has as many sessions as allowed and the policy is to refuse
 */
export async function signIn(
  work: UnitOfWork,
  user: SessionUser,
  settings: SignInSettings,
): Promise<SessionRecord> {
  work.checkUnsealed('signed in');
  const previous = work.record;
  const shown = isNobodys(previous) ? work.client.shown : null;
  const source = shown && sourceOf(shown);
  const shard = shardOfUser(userIdOf(user));
  const next = source ? mintFrom(shown, source.nonce, shard) : mint(shard);
  const keepData = settings.keepData && !work.lost && isSameOwner(previous, user);
  const others = (await work.others?.sessions()) ?? [];
  const intent = await intentOf(work, user, next.id, { ...settings, keepData }, others);
  await makeRoom(work, intent, others);
  const outcome = await work.runtime.store.signIn({ ...intent, ...(source && { source }) });
  if (outcome.status === 'rejected') throw rejected(work, intent, outcome);
  work.runtime.tally.replaced += 1; // and once more when all that it replaces is marked
  const before = work.fields.baseline;
  if (outcome.status === 'again') {
    announceEvictions(work, { ...intent, id: outcome.record.id }, outcome.evicted);
    await join(work, mintFrom(shown as Token, outcome.nonce, shard), outcome.record, keepData);
    const isLeftToFirst = previous?.id === work.arrival.record?.id && !isLeftBehind(work, outcome.record);
    if (isLeftToFirst) return outcome.record;
  } else {
    begin(work, next, intent, outcome.record, keepData);
  }
  await retire(work, previous, intent, keepData ? before : null);
  work.noteReplaced();
  if (outcome.status === 'signed-in') {
    announce(work, intent, outcome.evicted, previous?.id ?? intent.replaces?.id ?? null);
  }
  return outcome.record;
}

function sourceOf(shown: Token): SignInSource {
  return { digest: verifierOf(shown), nonce: signInNonce(), keptForMs: SAME_SIGN_IN_MS };
}

/** Goes on in the session that the store has made. */
function begin(
  work: UnitOfWork,
  token: TokenPair,
  intent: SignInIntent,
  record: SessionRecord,
  keepData: boolean,
): void {
  const { record: previous, fields } = work;
  const { changes } = intent;
  work.adopt(token, record);
  if (!keepData) return fields.reset(new Map());
  fields.acknowledge(isTakenOver(previous, intent) ? changes : difference(fields.baseline, changes.set));
}

/**
 * Goes on in the session that another request of the same client has begun, and adds what this one has changed. The
 * visitor's session is left to that request, which knows what it has taken over from there.
 *
 * @throws SessionEndedError when the session has ended meanwhile
 */
async function join(
  work: UnitOfWork,
  token: TokenPair,
  record: SessionRecord,
  keepData: boolean,
): Promise<void> {
  const { fields, runtime, client } = work;
  const own = changesToJoin(work, record);
  work.adopt(token, record);
  client.noteJoined();
  if (!keepData) return fields.reset(record.fields);
  fields.absorb(without(difference(fields.baseline, record.fields), own));
  await work.checkedChanges();
  if (isEmpty(own)) return;
  if (!(await runtime.store.commit(record, own))) throw await work.lose(record);
  fields.acknowledge(own);
}

/** What this request has changed, be it saved or not, since it came with the token that both requests have shown. */
function changesToJoin(work: UnitOfWork, record: SessionRecord): FieldChanges {
  const { arrival, fields } = work;
  // All of a session that this request has begun itself is its own, and all that a visitor did after a failed sign-in.
  if (isLeftBehind(work, record)) return { set: difference(record.fields, fields.all()).set, remove: [] };
  const isShared = work.record !== null && work.record.id === arrival.record?.id;
  return difference(isShared ? arrival.record.fields : new Map(), fields.all());
}

/** Whether the request that began a session has failed before it could end the visitor's: that still lived much later. */
function isLeftBehind({ arrival }: UnitOfWork, { lastActiveAt }: SessionRecord): boolean {
  return arrival.record !== null && arrival.at - lastActiveAt > LEFT_BEHIND_MS;
}

function isNobodys(record: SessionRecord | null): boolean {
  return record === null || record.userId === null;
}

/** Whether a sign-in goes on with the session that was there before, under its new id. */
function isTakenOver(previous: SessionRecord | null, { replaces }: SignInIntent): boolean {
  return previous !== null && replaces?.id === previous.id;
}

/** The user's own sessions among those that the request showed end now, so that none of them fills the limit. */
async function makeRoom(
  { runtime }: UnitOfWork,
  { userId, replaces }: SignInIntent,
  others: readonly SessionRecord[],
): Promise<void> {
  for (const record of others) {
    if (record.userId === userId && record.id !== replaces?.id) await endOther(runtime, record, 'replaced');
  }
}

/** What one user left in a session is never handed to another. */
function isSameOwner(previous: SessionRecord | null, user: SessionUser): boolean {
  return isNobodys(previous) || previous?.userId === userIdOf(user);
}

async function intentOf(
  work: UnitOfWork,
  user: SessionUser,
  id: SessionId,
  { keepData, origin, onExceed, ...choice }: SignInSettings,
  others: readonly SessionRecord[],
): Promise<SignInIntent> {
  const { record: previous, runtime } = work;
  const isInShard = previous !== null && isSameOwner(previous, user) && shardOf(previous.id) === shardOf(id);
  const { timeouts, persistent, absoluteEndAt, own } = await lifetimeAtSignIn(work, user, choice);
  const changes = keepData ? await work.checkedChanges(true) : NO_CHANGES;
  const other = others.find((record) => record.userId === userIdOf(user));
  return {
    ...origin,
    id,
    userId: userIdOf(user),
    timeouts,
    persistent,
    ...(absoluteEndAt !== null && { absoluteEndAt }),
    ...(choice.signedInAt !== undefined && { signedInAt: choice.signedInAt }),
    ...(own.length > 0 && { own }),
    limit: await limitFor(runtime.limit, user, onExceed),
    replaces: isInShard ? { id: previous.id, keepData } : other ? { id: other.id, keepData: false } : null,
    createdAt: keepData && previous ? previous.createdAt : null,
    changes: keepData && !isInShard ? { set: work.fields.all(), remove: [] } : changes,
  };
}

/**
 * Ends what a sign-in left behind: the session in another shard, and those that other cookies of the request open. Says
 * of the token that the client came with that it was replaced, so that no late answer to it undoes the sign-in.
 *
 * @param known the fields that went over. What others have written there meanwhile follows; `null`: nothing shall
 */
async function retire(
  work: UnitOfWork,
  previous: SessionRecord | null,
  intent: SignInIntent,
  known: ReadonlyMap<string, string> | null,
): Promise<void> {
  const { client, runtime } = work;
  const { unmarked } = client;
  const others = [previous, ...((await work.others?.sessions()) ?? [])];
  try {
    if (previous && !isTakenOver(previous, intent)) await carryOver(work, previous, known);
    if (unmarked && client.presented?.id !== previous?.id) {
      await runtime.store.destroy(unmarked, { reason: 'replaced' });
    }
    await replaceOthers(work);
  } catch (error) {
    // A session that nobody was signed in to may stay until it expires; one of another user may not. And what others
    // wrote to it meanwhile has no place where it would make the new one too large.
    const isBearable = error instanceof SessionUnavailableError && others.every(isNobodys);
    if (!isBearable && !(error instanceof SessionSizeError)) throw error;
    runtime.events.emit('store-failed', { operation: 'end the session before a sign-in', error });
  }
}

/**
 * Ends the old session, and takes over what others have written to it meanwhile. What this request has changed itself
 * stays as it is: the sign-in came after those writes.
 */
async function carryOver(
  work: UnitOfWork,
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
  { runtime }: UnitOfWork,
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
  work: UnitOfWork,
  intent: SignInIntent,
  evicted: readonly SessionId[],
  previousId: SessionId | null,
): void {
  const { id: sessionId, userId, device, address } = intent;
  work.runtime.events.emit('signed-in', { sessionId, userId, device, address, previousId, evicted });
  announceEvictions(work, intent, evicted);
}

function announceEvictions(
  { runtime: { events, limit } }: UnitOfWork,
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
