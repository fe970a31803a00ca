import type { CookieChange, TokenPair } from './client-token.js';
import { ClientToken, mint } from './client-token.js';
import {
  SessionDataError,
  SessionEndedError,
  SessionLimitError,
  SessionUnavailableError,
  SessionUsageError,
  SessionValueError,
} from './errors.js';
import type { Timeouts } from './expiry.js';
import { touchDueAfterMs } from './expiry.js';
import { difference, Fields, isEmpty, NO_CHANGES } from './fields.js';
import { limitFor } from './limit.js';
import type { SessionRuntime } from './runtime.js';
import { SessionObject } from './session.js';
import type {
  FieldChanges,
  Origin,
  SessionEnd,
  SessionRecord,
  SignInIntent,
  SignInOutcome,
} from './store.js';
import type { SessionId } from './token.js';
import { shardOf, shardOfUser } from './token.js';
import { Turns } from './turns.js';
import type { SessionUser } from './user.js';
import { userIdOf } from './user.js';

/** What a sign-in decides for itself. */
export interface SignInSettings {
  readonly timeouts: Timeouts;
  readonly persistent: boolean;
  readonly keepData: boolean;
  readonly origin: Origin;
}

/** What a client showed, and what the store made of it. */
export interface Arrival {
  /** The well-formed token that came with the request, or `null`. */
  readonly presented: TokenPair | null;
  /** The session that it opens, or `null`. */
  readonly record: SessionRecord | null;
  /** Whether the client has a session cookie that opens nothing. */
  readonly hasDeadCookie: boolean;
  /** Where the client is. Asked only when somebody signs in. */
  readonly origin: () => Origin;
}

const UNKNOWN_END: SessionEnd = { reason: 'expired', at: null };

/**
 * One client's session during one request: a unit of work between loading and commit. It knows nothing of HTTP.
 *
 * Its operations run one after another, so that a save that nobody waited for and the commit at the end of the
 * request never cross.
 */
export class SessionContext {
  /** The session as the application sees it. Another object after {@link destroy} and {@link startOver}. */
  session!: SessionObject;
  /** Whether the application looked at the session, so that its answer depends on the cookie. */
  accessed = false;

  private fields!: Fields;
  private record: SessionRecord | null;
  /** How the session ended, when it ended elsewhere while this request was under way. */
  private lost: SessionEnd | null = null;
  /** Whether the client can't be given a token any more. */
  private isSealed = false;
  /** Whether the application has been told that its data cannot be stored. */
  private isDataRefused = false;
  private readonly client: ClientToken;
  private readonly turns = new Turns();

  constructor(
    private readonly runtime: SessionRuntime,
    private readonly arrival: Arrival,
  ) {
    this.record = arrival.record;
    this.client = new ClientToken(runtime.store, arrival.presented, arrival.hasDeadCookie);
    this.newSession(arrival.record);
  }

  /** The public id that the session has or, before anything is stored, will have unless someone signs in. */
  get id(): SessionId {
    return this.client.pair.id;
  }

  /** The live session of this request, or `null`. */
  get live(): SessionRecord | null {
    return this.record;
  }

  /** Whether {@link finish} has nothing to do. Cheap: most requests change nothing. */
  get isIdle(): boolean {
    return this.turns.areIdle && !this.isTouchDue() && !this.hasChanges();
  }

  /** Where the client is. */
  origin(): Origin {
    return this.arrival.origin();
  }

  /** The head of the response has left. From here on nothing is done that the client would have to be told. */
  seal(): void {
    this.isSealed = true;
  }

  /** Whether {@link cookieChange} may have something to say. */
  get mayChangeCookie(): boolean {
    return this.client.mayChange;
  }

  /** How the client's cookie must change, once {@link finish} is done. */
  cookieChange(): Promise<CookieChange> {
    return this.client.change(this.record);
  }

  /** Why the client's cookie opens no session. `null`: it opens one, or there is no cookie. */
  async end(): Promise<SessionEnd | null> {
    if (this.lost) return this.lost;
    const { presented, hasDeadCookie } = this.arrival;
    if (this.record || !hasDeadCookie) return null;
    return (presented && (await this.runtime.store.endOf(presented.id))) ?? UNKNOWN_END;
  }

  /**
   * Signs a user in: a new token and id, the old token dead, the session indexed under its user and the limit
   * enforced, in one step of the store when the session stays in its shard.
   *
   * @throws SessionLimitError when the user has as many sessions as allowed and the policy is to refuse
   */
  signIn(user: SessionUser, settings: SignInSettings): Promise<SessionRecord> {
    return this.turns.take(() => this.signInNow(user, settings));
  }

  /** A new token and id for the same session. */
  regenerate(keepData: boolean): Promise<void> {
    return this.turns.take(async () => {
      if (keepData) await this.persist();
      if (this.lost) throw new SessionEndedError(this.lost);
      if (this.record) await this.renew(this.record, keepData);
      else if (!keepData) this.fields.reset(new Map());
    });
  }

  /** Ends the session and begins another: empty, anonymous, stored only once something is written to it. */
  startOver(): Promise<void> {
    return this.turns.take(async () => {
      if (this.record) await this.runtime.store.destroy(this.record.id, { reason: 'replaced' });
      this.leave();
      this.newSession(null);
    });
  }

  /** Ends the session. */
  destroy(): Promise<void> {
    return this.turns.take(async () => {
      await this.endSession();
      this.newSession(null);
    });
  }

  /** Writes what has changed. */
  save(): Promise<void> {
    return this.turns.take(async () => {
      try {
        await this.persist();
      } catch (error) {
        this.isDataRefused ||= isAboutData(error);
        throw error;
      }
    });
  }

  /** Reads the session again. */
  reload(): Promise<void> {
    return this.turns.take(async () => {
      if (this.lost) throw new SessionEndedError(this.lost);
      if (!this.record) return this.fields.reset(new Map());
      const record = await this.runtime.store.load(this.record.id);
      if (!record) throw await this.lose(this.record);
      this.record = record;
      this.fields.reset(record.fields);
    });
  }

  /** Records activity. */
  touch(): Promise<void> {
    return this.turns.take(async () => {
      if (this.lost) throw new SessionEndedError(this.lost);
      if (this.record && !(await this.touchRecord(this.record))) throw await this.lose(this.record);
    });
  }

  /**
   * The end of the request: writes what has changed, or records activity when that is due. When the session ended
   * meanwhile the answer goes out all the same, and listeners hear that a write was refused.
   */
  finish(): Promise<void> {
    return this.turns.take(async () => {
      try {
        await this.persist();
        if (this.record && this.isTouchDue()) await this.touchQuietly(this.record);
      } catch (error) {
        if (this.isDataRefused && isAboutData(error)) return;
        if (!(error instanceof SessionEndedError)) throw error;
        const sessionId = this.arrival.presented?.id ?? this.id;
        this.runtime.events.emit('write-refused', { sessionId, reason: error.end.reason });
      }
    });
  }

  private async signInNow(user: SessionUser, settings: SignInSettings): Promise<SessionRecord> {
    this.checkUnsealed('signed in');
    const previous = this.record;
    const next = mint(shardOfUser(userIdOf(user)));
    const { keepData, intent } = await this.signInIntent(user, next.id, settings);
    const outcome = await this.runtime.store.signIn(intent);
    if (outcome.status === 'rejected') throw this.rejected(intent, outcome);
    this.adopt(next, outcome.record);
    const before = this.fields.baseline;
    if (keepData) this.fields.acknowledge(intent.changes);
    else this.fields.reset(new Map());
    if (!intent.replaces) await this.retire(previous, outcome.record, keepData ? before : null);
    this.announceSignIn(intent, outcome.evicted, previous?.id ?? null);
    return outcome.record;
  }

  private async signInIntent(
    user: SessionUser,
    id: SessionId,
    settings: SignInSettings,
  ): Promise<{ keepData: boolean; intent: SignInIntent }> {
    const { record: previous, runtime } = this;
    const userId = userIdOf(user);
    // What one user left in a session is never handed to another, and what has ended stays ended.
    const isSameOwner = previous?.userId == null || previous.userId === userId;
    const keepData = settings.keepData && isSameOwner && !this.lost;
    const isInShard = previous !== null && isSameOwner && shardOf(previous.id) === shardOf(id);
    const changes = keepData ? await this.checkedChanges() : NO_CHANGES;
    const intent: SignInIntent = {
      ...settings.origin,
      id,
      userId,
      timeouts: settings.timeouts,
      persistent: settings.persistent,
      limit: { max: await limitFor(runtime.limit, user), onExceed: runtime.limit.onExceed },
      replaces: isInShard ? { id: previous.id, keepData } : null,
      createdAt: keepData && previous ? previous.createdAt : null,
      changes: keepData && !isInShard ? { set: this.fields.all(), remove: [] } : changes,
    };
    return { keepData, intent };
  }

  /**
   * Ends what a sign-in left behind in another shard.
   *
   * @param known the fields that went over. What others have written there meanwhile follows; `null`: nothing shall
   */
  private async retire(
    previous: SessionRecord | null,
    successor: SessionRecord,
    known: ReadonlyMap<string, string> | null,
  ): Promise<void> {
    const old = previous ?? this.arrival.presented;
    if (!old) return;
    const last = await this.runtime.store.destroy(old.id, { reason: 'replaced' });
    const late = last && known ? difference(known, last.fields) : NO_CHANGES;
    if (isEmpty(late)) return;
    await this.runtime.store.commit(successor, late);
    this.fields.absorb(late);
  }

  private rejected(intent: SignInIntent, outcome: SignInOutcome & { status: 'rejected' }): SessionLimitError {
    const { userId, device, address } = intent;
    const max = intent.limit.max ?? outcome.live.length;
    const live = outcome.live.map((record) => record.id);
    this.runtime.events.emit('rejected', { userId, device, address, max, live });
    return new SessionLimitError(max, outcome.live);
  }

  private announceSignIn(
    intent: SignInIntent,
    evicted: readonly SessionId[],
    previousId: SessionId | null,
  ): void {
    const { id: sessionId, userId, device, address } = intent;
    const { events } = this.runtime;
    events.emit('signed-in', { sessionId, userId, device, address, previousId, evicted });
    for (const id of evicted) {
      events.emit('evicted', { sessionId: id, userId, by: { sessionId, device, address } });
    }
  }

  private async renew(from: SessionRecord, keepData: boolean): Promise<void> {
    this.checkUnsealed('regenerated');
    const next = mint(shardOf(from.id));
    const record = await this.runtime.store.regenerate({ from, to: next.id, keepData });
    if (!record) throw await this.lose(from);
    this.adopt(next, record);
    if (!keepData) this.fields.reset(new Map());
    const { id: sessionId, userId } = record;
    this.runtime.events.emit('regenerated', { sessionId, previousId: from.id, userId });
  }

  private async persist(): Promise<void> {
    const changes = await this.checkedChanges();
    if (isEmpty(changes)) return;
    if (this.lost) throw new SessionEndedError(this.lost);
    const { name } = this.runtime.principal;
    if (changes.set.has(name) || changes.remove.includes(name)) {
      if (await this.followPrincipal(name)) return;
    }
    if (this.record) await this.commit(this.record, changes);
    else await this.create(changes);
  }

  /** Signs in or out when middleware such as passport has written into the session who the user is. */
  private async followPrincipal(name: string): Promise<boolean> {
    const { principal, timeouts, persistent } = this.runtime;
    const value = (this.session as unknown as Record<string, unknown>)[name];
    const before = principal.userIdOf(this.fields.storedValue(name));
    const after = principal.userIdOf(value);
    const signedInAs = this.record?.userId ?? null;
    if (after !== null && after !== signedInAs) {
      if (signedInAs !== null) await this.leaveToAnotherUser(name, value);
      await this.signInNow(
        { id: after },
        { timeouts, persistent, keepData: true, origin: this.origin() },
      );
      return true;
    }
    if (after !== null || before === null || before !== signedInAs) return false;
    // What else is in the session is nobody's now, and is stored as such if the request leaves it there.
    this.fields.detach();
    await this.endSession();
    return true;
  }

  private async leaveToAnotherUser(name: string, value: unknown): Promise<void> {
    await this.endSession();
    this.fields.reset(new Map());
    (this.session as unknown as Record<string, unknown>)[name] = value;
  }

  private async commit(record: SessionRecord, changes: FieldChanges): Promise<void> {
    const { store } = this.runtime;
    if (!(await store.commit(record, changes))) throw await this.lose(record);
    this.record = { ...record, lastActiveAt: store.now() };
    this.fields.acknowledge(changes);
  }

  private async create(changes: FieldChanges): Promise<void> {
    this.checkUnsealed('created');
    // The cookie of a fresh session would displace the newer one that replaced what this request came with.
    if (await this.client.isSuperseded()) {
      this.lost = { reason: 'replaced', at: null };
      throw new SessionEndedError(this.lost);
    }
    const { store, timeouts, persistent } = this.runtime;
    const next = this.client.pair;
    this.adopt(next, await store.create({ id: next.id, timeouts, persistent, fields: changes.set }));
    this.fields.acknowledge(changes);
  }

  private async endSession(): Promise<void> {
    const { record, runtime } = this;
    if (!record) return this.leave();
    const { id: sessionId, userId } = record;
    await runtime.store.destroy(sessionId, { reason: userId === null ? 'destroyed' : 'signed-out' });
    this.leave();
    if (userId === null) runtime.events.emit('destroyed', { sessionId });
    else runtime.events.emit('signed-out', { sessionId, userId });
  }

  /** The session turned out to be gone. */
  private async lose(record: SessionRecord): Promise<SessionEndedError> {
    this.record = null;
    this.lost = (await this.runtime.store.endOf(record.id)) ?? UNKNOWN_END;
    return new SessionEndedError(this.lost);
  }

  private adopt(next: TokenPair, record: SessionRecord): void {
    this.record = record;
    this.lost = null;
    this.client.issue(next);
  }

  private checkUnsealed(what: string): void {
    if (!this.isSealed) return;
    throw new SessionUsageError(
      `A session cannot be ${what} after the head of the response has left, because its cookie can't be set any more. ` +
        'Do it before the first byte is written.',
    );
  }

  private leave(): void {
    this.record = null;
    this.lost = null;
    this.client.leave();
  }

  private newSession(record: SessionRecord | null): void {
    const { codec, rules, events } = this.runtime;
    this.session = new SessionObject(this);
    this.fields = new Fields(this.session, {
      codec,
      rules,
      onInvalid: (problem) => events.emit('invalid-data', { sessionId: this.id, ...problem }),
    });
    if (record) this.fields.reset(record.fields);
  }

  private async touchRecord(record: SessionRecord): Promise<boolean> {
    const isLive = await this.runtime.store.touch(record);
    if (isLive) this.record = { ...record, lastActiveAt: this.runtime.store.now() };
    return isLive;
  }

  /** An answer that needs nothing of the store does not fail because activity could not be recorded. */
  private async touchQuietly(record: SessionRecord): Promise<void> {
    try {
      if (!(await this.touchRecord(record))) await this.lose(record);
    } catch (error) {
      if (!(error instanceof SessionUnavailableError)) throw error;
      this.runtime.events.emit('store-failed', { operation: 'touch', error });
    }
  }

  private isTouchDue(): boolean {
    const { record } = this;
    return (
      record !== null && this.runtime.store.now() - record.lastActiveAt >= touchDueAfterMs(record.idleMs)
    );
  }

  private hasChanges(): boolean {
    try {
      return !isEmpty(this.fields.changes());
    } catch {
      return true; // and the commit will say what is wrong with them
    }
  }

  private async checkedChanges(): Promise<FieldChanges> {
    const changes = this.fields.changes();
    const problems = (await this.runtime.rules?.checkWrite(this.fields.values(changes))) ?? [];
    if (problems.length > 0) throw new SessionDataError(problems);
    return changes;
  }
}

function isAboutData(error: unknown): boolean {
  return error instanceof SessionDataError || error instanceof SessionValueError;
}
