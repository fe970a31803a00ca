import type { FieldUpdate } from './atomic-update.js';
import { increment, update } from './atomic-update.js';
import type { TokenChange } from './client-token.js';
import { mint } from './client-token.js';
import { commit, discard, endSession, hasChanges, isTouchDue, touch, touchQuietly } from './commit.js';
import { replaceOthers } from './end-others.js';
import {
  SessionDataError,
  SessionEndedError,
  SessionSizeError,
  SessionValueError,
} from '../errors/errors.js';
import type { LoadedSession } from './loaded-session.js';
import { resolveToken } from './resolve-token.js';
import { isRotationDue, rotateQuietly } from './rotation.js';
import type { PrincipalSource, SessionRuntime } from '../runtime/runtime.js';
import { SerialQueue } from './serial-queue.js';
import type { CookieLife } from '../session/session-cookie.js';
import { REPLACED, UNKNOWN_END } from '../record/session-end.js';
import { SessionState } from './session-state.js';
import type { SessionOperations } from '../session/session.js';
import { SessionObject } from '../session/session.js';
import type { SignInSettings } from './sign-in.js';
import { signIn } from './sign-in.js';
import type { Origin, SessionEnd, SessionRecord } from '../store/store.js';
import type { SessionId } from '../record/token.js';
import { isRotated, shardOf } from '../record/token.js';
import type { SessionUser } from '../runtime/user.js';

/** The source for edges without such middleware: a user in the field always takes effect. */
const ALWAYS_ACTIVE: PrincipalSource = { isActive: () => true, userOf: () => null };

/**
 * The session of one client during one request, whatever the transport. For edges, stores and policies; may change
 * before 1.0.
 *
 * Its operations run one after another, so that a save that the application does not await never overlaps with the
 * commit at the end of the request.
 *
 * An edge creates a context from a {@link LoadedSession}, hands {@link session} to the application, calls {@link finish}
 * before it responds, and applies {@link tokenChange} with the response.
 */
export class SessionContext extends SessionState implements SessionOperations {
  /** True if the application used the session, so that the response depends on the token. */
  accessed = false;

  private queue: SerialQueue | null = null;
  /** True if the application has already received the error that its data cannot be stored. */
  private isDataRejected = false;
  /** True if `write-refused` was emitted. */
  private isRefusalReported = false;

  constructor(runtime: SessionRuntime, loaded: LoadedSession, principals: PrincipalSource = ALWAYS_ACTIVE) {
    super(runtime, loaded, principals);
  }

  protected get operations(): SessionOperations {
    return this;
  }

  /** The public ID of the session. Before anything is stored, the ID that it will have unless a user signs in. */
  get id(): SessionId {
    return this.clientToken.pair.id;
  }

  /** Lifetime of the cookie in the client; `null` if it ends with the browser, or nothing is stored yet. */
  get cookieLife(): CookieLife | null {
    const { record } = this;
    if (!record?.persistent) return null;
    const { absoluteEndAt: endsAt, signedInAt, createdAt } = record;
    return { endsAt, lengthMs: endsAt - (signedInAt ?? createdAt), now: this.runtime.store.now() };
  }

  /** Milliseconds since the user signed in; `null` if no user is signed in. */
  get signInAgeMs(): number | null {
    const signedInAt = this.record?.signedInAt ?? null;
    return signedInAt === null ? null : this.runtime.store.now() - signedInAt;
  }

  /** True if the application has signed out the user with whom the request came, and has signed in no other. */
  get hasSignedOut(): boolean {
    const { loaded, record, endedBy } = this;
    return Boolean(loaded.record?.userId) && !record?.userId && endedBy === null;
  }

  /** Returns the device and the address of the client. */
  origin(): Origin {
    return this.loaded.client.origin();
  }

  /** True if {@link finish} has nothing to do. Cheap to read, because most requests change nothing. */
  get isIdle(): boolean {
    return this.queue?.isIdle !== false && !isTouchDue(this) && !isRotationDue(this) && !hasChanges(this);
  }

  /** Returns the change of the client's token, once {@link finish} is done. Call it right before the response is sent. */
  async tokenChange(): Promise<TokenChange> {
    const { clientToken } = this;
    const change = clientToken.change(this.record);
    // A token is only issued if the store confirms it now; a token that is cleared was invalid anyway.
    const fresh = change?.kind === 'set';
    if (change === null || !(await clientToken.isSuperseded({ fresh }))) return change;
    if (change.kind === 'set') await discard(this);
    return null;
  }

  /** Returns why the client's token opens no session; `null` if it opens one, or the client presented none. */
  async end(): Promise<SessionEnd | null> {
    const { endedBy, record, loaded, runtime } = this;
    if (endedBy) return endedBy;
    if (record || loaded.tokenStatus === 'none' || loaded.tokenStatus === 'live') return null;
    if (loaded.tokenStatus === 'superseded') return REPLACED;
    const { presented } = loaded;
    if (!presented) return UNKNOWN_END;
    const { id, token, absence } = presented;
    const end = (absence?.holds ? absence.end : await runtime.store.endOf(id)) ?? UNKNOWN_END;
    // A rotated token cannot be verified after its session has ended, and anyone who knows the ID can forge one. So the
    // origin of another sign-in is not revealed for it.
    return isRotated(token) ? { reason: end.reason, at: end.at } : end;
  }

  /** Signs a user in. @throws SessionLimitError when the limit is reached and the policy is to reject */
  signIn(user: SessionUser, settings: SignInSettings = {}): Promise<SessionRecord> {
    const { instruments } = this.runtime.tally;
    if (!instruments) return this.run(() => signIn(this, user, settings));
    return this.run(() => instruments.trace('sign_in', () => signIn(this, user, settings), idOf));
  }

  /** Issues a new token and ID for the same session. */
  regenerate(keepData = true): Promise<void> {
    return this.run(async () => {
      const userId = this.record?.userId ?? null;
      await this.endOtherSessions();
      if (keepData) await commit(this);
      const record = this.liveRecord();
      if (record) await this.regenerateToken(record, keepData);
      // @fastify/passport signs out by removing its field and calling this. The user's data is removed with the user.
      const isSignedOut = userId !== null && record === null;
      if (!keepData || isSignedOut) this.fields.reset(new Map());
    });
  }

  /** Ends the session and starts an anonymous one, which is stored once something is written to it. */
  startOver(keep: readonly string[] = []): Promise<void> {
    return this.run(async () => {
      await this.endOtherSessions();
      const { record, runtime, fields } = this;
      if (record) {
        await runtime.store.destroy(record.id, { reason: 'replaced' });
        runtime.tally.endedAsReplaced += 1;
        this.markReplaced();
        this.markStartedOver(record);
      }
      this.dropSession();
      this.startSession(null);
      Object.assign(this.session, fields.pick(keep));
    });
  }

  /** Ends the session. */
  destroy(): Promise<void> {
    return this.run(async () => {
      await endSession(this);
      this.startSession(null);
    });
  }

  /** Writes the changes. */
  save(): Promise<void> {
    return this.run(async () => {
      try {
        await commit(this);
      } catch (error) {
        this.isDataRejected ||= isAboutData(error);
        throw error;
      }
    });
  }

  /** Adds to a field that holds a whole number, in one atomic step. @returns the sum */
  increment(field: string, by: number): Promise<number> {
    return this.run(() => increment(this, field, by));
  }

  /** Replaces a field with a function of its value, which runs again if another request changes the field. @returns the value */
  update(field: string, change: FieldUpdate): Promise<unknown> {
    return this.run(() => update(this, field, change));
  }

  /**
   * Loads the session from the store if it was served from a cache.
   *
   * @throws SessionEndedError when the session has ended
   */
  revalidate(): Promise<void> {
    return this.run(async () => {
      this.checkLoaded();
      const { runtime, loaded, record } = this;
      const { isCopy, presented, client } = loaded;
      // A session that this request created or ended is up to date.
      if (!isCopy || !presented || record?.id !== presented.id) return;
      this.refresh(await resolveToken(runtime, presented.token, client, true));
      if (!this.record) throw new SessionEndedError((await this.end()) ?? UNKNOWN_END);
    });
  }

  /** Loads the session again and discards unsaved changes. */
  reload(): Promise<void> {
    return this.run(async () => {
      const record = this.liveRecord();
      const present = record && (await this.runtime.store.load(record.id, { fresh: true }));
      if (record && !present) throw await this.markEnded(record, null);
      this.updateRecord(present);
      this.fields.reset(present?.fields ?? new Map());
    });
  }

  /** Records activity. */
  touch(): Promise<void> {
    return this.run(() => touch(this));
  }

  /**
   * Finishes the request: writes the changes, or records activity if that is due. If the session has ended during the
   * request, {@link finish} does not throw, and `write-refused` is emitted.
   */
  finish(): Promise<void> {
    return this.run(() => this.finishNow());
  }

  /** Runs {@link finish} and {@link markHeadersSent} with no other operation between the two. */
  finishBeforeHead(): Promise<void> {
    return this.run(async () => {
      try {
        await this.finishNow();
      } finally {
        this.markHeadersSent();
      }
    });
  }

  private run<T>(operation: () => Promise<T>): Promise<T> {
    return (this.queue ??= new SerialQueue()).run(operation);
  }

  private async finishNow(): Promise<void> {
    await this.commitAtEnd();
    if (isTouchDue(this)) await touchQuietly(this);
    if (isRotationDue(this)) await rotateQuietly(this);
  }

  private async commitAtEnd(): Promise<void> {
    try {
      await commit(this);
      // If the commit signed the user out, the remaining fields are stored in an anonymous session.
      if (!this.record && hasChanges(this)) await commit(this);
    } catch (error) {
      if (this.isDataRejected && isAboutData(error)) return;
      if (!(error instanceof SessionEndedError)) throw error;
      if (this.isRefusalReported) return;
      this.isRefusalReported = true;
      const sessionId = this.loaded.presented?.id ?? this.id;
      this.runtime.events.emit('write-refused', { sessionId, reason: error.end.reason });
    }
  }

  /** Ends the sessions of the request's further tokens, which this session replaces. */
  private async endOtherSessions(): Promise<void> {
    this.checkLoaded();
    if ((await replaceOthers(this)) && !this.record) this.dropSession();
  }

  private async regenerateToken(from: SessionRecord, keepData: boolean): Promise<void> {
    this.checkTokenCanChange('regenerated');
    const next = mint(shardOf(from.id));
    const record = await this.runtime.store.regenerate({ from, to: next.id, keepData });
    if (!record) throw await this.markEnded(from, 'token');
    this.switchToken(next, record);
    this.markReplaced();
    const { id: sessionId, userId } = record;
    this.runtime.events.emit('regenerated', { sessionId, previousId: from.id, userId });
  }
}

function idOf({ id }: SessionRecord): SessionId {
  return id;
}

/** Returns the context of a session object; `null` for any other object. */
export function contextOfSession(session: object): SessionContext | null {
  const operations = SessionObject.operationsOf(session);
  return operations instanceof SessionContext ? operations : null;
}

function isAboutData(error: unknown): boolean {
  return [SessionDataError, SessionSizeError, SessionValueError].some((type) => error instanceof type);
}
