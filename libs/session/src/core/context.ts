import { confirmArrival } from './arrival.js';
import { increment, update } from './atomic-update.js';
import type { FieldUpdate } from './atomic-update.js';
import type { CookieChange } from './client-token.js';
import type { TokenPair } from './token-pair.js';
import { mint } from './client-token.js';
import { commit, discard, endSession, hasChanges, isTouchDue, touch, touchQuietly } from './commit.js';
import { replaceOthers } from './end-others.js';
import { SessionDataError, SessionEndedError, SessionSizeError, SessionValueError } from './errors.js';
import { isRotationDue, rotateQuietly } from './rotation.js';
import type { SessionRuntime } from './runtime.js';
import type { SessionOperations } from './session.js';
import type { CookieLife } from './session-cookie.js';
import { SessionObject } from './session.js';
import type { SignInSettings } from './sign-in.js';
import { signIn } from './sign-in.js';
import type { Origin, SessionEnd, SessionRecord } from './store.js';
import type { SessionId } from './token.js';
import { isRotated, shardOf } from './token.js';
import { Turns } from './turns.js';
import type { Arrival, PrincipalSource } from './unit-of-work.js';
import { UNKNOWN_END, UnitOfWork } from './unit-of-work.js';
import type { SessionUser } from './user.js';

const ALWAYS_AT_WORK: PrincipalSource = { isAtWork: () => true, userOf: () => null };

/**
 * One client's session during one request. It knows nothing of HTTP.
 *
 * Its operations run one after another, so that a save that nobody waited for and the commit at the end of the
 * request never cross.
 */
export class SessionContext implements SessionOperations {
  /** Whether the application looked at the session, so that its answer depends on the cookie. */
  accessed = false;

  private readonly work: UnitOfWork;
  private readonly turns = new Turns();
  /** Whether the application has been told that its data cannot be stored. */
  private isDataRefused = false;
  /** Whether listeners have been told that the session ended before its changes were stored. */
  private isRefusalTold = false;

  constructor(runtime: SessionRuntime, arrival: Arrival, principals: PrincipalSource = ALWAYS_AT_WORK) {
    this.work = new UnitOfWork(runtime, arrival, this, principals);
  }

  /** The session as the application sees it. Another object after {@link destroy} and {@link startOver}. */
  get session(): SessionObject {
    return this.work.session;
  }

  /** The public id that the session has or, before anything is stored, will have unless someone signs in. */
  get id(): SessionId {
    return this.work.client.pair.id;
  }

  /** The live session of this request, or `null`. */
  get live(): SessionRecord | null {
    return this.work.record;
  }

  /** How long the browser keeps the cookie; `null`: no longer than it runs, or there is nothing to keep yet. */
  get cookieLife(): CookieLife | null {
    const { live } = this;
    if (!live?.persistent) return null;
    const { absoluteEndAt: endsAt, signedInAt, createdAt } = live;
    return { endsAt, lengthMs: endsAt - (signedInAt ?? createdAt), now: this.work.runtime.store.now() };
  }

  /** How long ago the user signed in, in milliseconds; `null`: nobody has. */
  get signInAgeMs(): number | null {
    const signedInAt = this.live?.signedInAt ?? null;
    return signedInAt === null ? null : this.work.runtime.store.now() - signedInAt;
  }

  /** Where the client is. */
  origin(): Origin {
    return this.work.arrival.origin();
  }

  /** The request is no sign of its user, who may have left: it does not move the idle clock. */
  ignoreActivity(): void {
    this.work.isUnattended = true;
  }

  /** Whether {@link finish} has nothing to do. Cheap: most requests change nothing. */
  get isIdle(): boolean {
    return (
      this.turns.areIdle && !isTouchDue(this.work) && !isRotationDue(this.work) && !hasChanges(this.work)
    );
  }

  /** Whether {@link cookieChange} may have something to say. */
  get mayChangeCookie(): boolean {
    return this.work.client.mayChange;
  }

  /** How the client's cookie must change, once {@link finish} is done. To be asked right before the head leaves. */
  async cookieChange(): Promise<CookieChange> {
    const { client, record } = this.work;
    const change = client.change(record);
    // What is given is given on what the store says now; what is taken away opened nothing anyway.
    const fresh = change?.kind === 'set';
    if (change === null || !(await client.isSuperseded({ fresh }))) return change;
    if (change.kind === 'set') await discard(this.work);
    return null;
  }

  /** The head of the response has left. From here on nothing is done that the client would have to be told. */
  seal(): void {
    this.work.isSealed = true;
  }

  /** Why the client's cookie opens no session. `null`: it opens one, or there is no cookie. */
  async end(): Promise<SessionEnd | null> {
    const { lost, record, arrival, runtime } = this.work;
    if (lost) return lost;
    if (record || arrival.standing === 'none' || arrival.standing === 'live') return null;
    if (arrival.standing === 'superseded') return { reason: 'replaced', at: null };
    const { presented } = arrival;
    const end = (presented && (await endOfShown(runtime, presented))) ?? UNKNOWN_END;
    // A rotated token cannot be checked once its session is gone, and anyone who knows the id can make one up. Where
    // another sign-in came from is not for them.
    return presented && isRotated(presented.token) ? { reason: end.reason, at: end.at } : end;
  }

  /** Signs a user in. @throws SessionLimitError when the limit is reached and the policy is to refuse */
  signIn(user: SessionUser, settings: SignInSettings): Promise<SessionRecord> {
    return this.turns.take(() => signIn(this.work, user, settings));
  }

  /** A new token and id for the same session. */
  regenerate(keepData: boolean): Promise<void> {
    return this.turns.take(async () => {
      const userId = this.work.record?.userId ?? null;
      await this.dropOthers();
      if (keepData) await commit(this.work);
      const record = this.work.livingRecord();
      if (record) await this.renew(record, keepData);
      // @fastify/passport signs out by removing its field and calling this. What its user left goes with the user.
      const isSignedOut = userId !== null && record === null;
      if (!keepData || isSignedOut) this.work.fields.reset(new Map());
    });
  }

  /** Ends the session and begins another: anonymous, and stored only once something is written to it. */
  startOver(keep: readonly string[] = []): Promise<void> {
    return this.turns.take(async () => {
      await this.dropOthers();
      const { record, runtime, fields } = this.work;
      if (record) {
        await runtime.store.destroy(record.id, { reason: 'replaced' });
        this.work.noteReplaced();
        this.work.startedOver = record;
      }
      this.work.leave();
      this.work.newSession(null);
      Object.assign(this.session, fields.pick(keep));
    });
  }

  /** Ends the session. */
  destroy(): Promise<void> {
    return this.turns.take(async () => {
      await endSession(this.work);
      this.work.newSession(null);
    });
  }

  /** Writes what has changed. */
  save(): Promise<void> {
    return this.turns.take(async () => {
      try {
        await commit(this.work);
      } catch (error) {
        this.isDataRefused ||= isAboutData(error);
        throw error;
      }
    });
  }

  /** Adds to a number. */
  increment(field: string, by: number): Promise<number> {
    return this.turns.take(() => increment(this.work, field, by));
  }

  /** Replaces a value by a function of it. */
  update(field: string, change: FieldUpdate): Promise<unknown> {
    return this.turns.take(() => update(this.work, field, change));
  }

  /**
   * Makes sure that the session is as the store has it, and asks the store where a copy was good enough so far.
   *
   * @throws SessionEndedError when the session has ended
   */
  confirm(): Promise<void> {
    return this.turns.take(async () => {
      this.work.checkKnown();
      if (await confirmArrival(this.work)) return;
      throw new SessionEndedError((await this.end()) ?? UNKNOWN_END);
    });
  }

  /** Reads the session again. */
  reload(): Promise<void> {
    return this.turns.take(async () => {
      const record = this.work.livingRecord();
      const present = record && (await this.work.runtime.store.load(record.id, { fresh: true }));
      if (record && !present) throw await this.work.lose(record);
      this.work.record = present;
      this.work.fields.reset(present?.fields ?? new Map());
    });
  }

  /** Records activity. */
  touch(): Promise<void> {
    return this.turns.take(() => touch(this.work));
  }

  /**
   * The end of the request: writes what has changed, or records activity when that is due. When the session ended
   * meanwhile the answer goes out all the same, and listeners hear that a write was refused.
   */
  finish(): Promise<void> {
    return this.turns.take(() => this.finishNow());
  }

  /** {@link finish} and {@link seal} as one: nothing that is asked for meanwhile comes in between. */
  finishAndSeal(): Promise<void> {
    return this.turns.take(async () => {
      try {
        await this.finishNow();
      } finally {
        this.seal();
      }
    });
  }

  private async finishNow(): Promise<void> {
    await this.commitAtEnd();
    if (isTouchDue(this.work)) await touchQuietly(this.work);
    if (isRotationDue(this.work)) await rotateQuietly(this.work);
  }

  private async commitAtEnd(): Promise<void> {
    try {
      await commit(this.work);
      // What a user who was signed out by it has left in the session is nobody's, and stored if it is still there.
      if (!this.work.record && hasChanges(this.work)) await commit(this.work);
    } catch (error) {
      if (this.isDataRefused && isAboutData(error)) return;
      if (!(error instanceof SessionEndedError)) throw error;
      if (this.isRefusalTold) return;
      this.isRefusalTold = true;
      const { arrival, runtime } = this.work;
      const sessionId = arrival.presented?.id ?? this.id;
      runtime.events.emit('write-refused', { sessionId, reason: error.end.reason });
    }
  }

  /** What other cookies of the request open is replaced by the session that begins or goes on here. */
  private async dropOthers(): Promise<void> {
    const { work } = this;
    work.checkKnown();
    if ((await replaceOthers(work)) && !work.record) work.leave();
  }

  private async renew(from: SessionRecord, keepData: boolean): Promise<void> {
    const { work } = this;
    work.checkUnsealed('regenerated');
    const next = mint(shardOf(from.id));
    const record = await work.runtime.store.regenerate({ from, to: next.id, keepData });
    if (!record) throw await work.lose(from);
    work.adopt(next, record);
    work.noteReplaced();
    const { id: sessionId, userId } = record;
    work.runtime.events.emit('regenerated', { sessionId, previousId: from.id, userId });
  }
}

/** Why a token opens nothing; `null`: the store does not know. */
async function endOfShown({ store }: SessionRuntime, { id, absence }: TokenPair): Promise<SessionEnd | null> {
  return absence?.holds ? absence.end : store.endOf(id);
}

/** The context of a session object; `null` for any other object. */
export function contextOfSession(session: object): SessionContext | null {
  const operations = SessionObject.operationsOf(session);
  return operations instanceof SessionContext ? operations : null;
}

function isAboutData(error: unknown): boolean {
  return [SessionDataError, SessionSizeError, SessionValueError].some((type) => error instanceof type);
}
