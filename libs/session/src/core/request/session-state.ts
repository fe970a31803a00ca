import { ClientToken } from './client-token.js';
import type { FieldProblem } from '../errors/errors.js';
import {
  SessionDataError,
  SessionEndedError,
  SessionSizeError,
  SessionUsageError,
} from '../errors/errors.js';
import { bytesAfter, difference, isEmpty, without } from '../store/field-changes.js';
import type { FieldCodec, FieldRules, ValueProblem } from '../fields/field-codec.js';
import { Fields } from '../fields/fields.js';
import type { LoadedSession } from './loaded-session.js';
import type { OtherTokens } from './other-tokens.js';
import type { PrincipalSource, SessionRuntime } from '../runtime/runtime.js';
import type { LateCall } from '../runtime/tally.js';
import { REPLACED, UNKNOWN_END } from '../record/session-end.js';
import type { SessionOperations } from '../session/session.js';
import { SessionObject } from '../session/session.js';
import type { FieldChanges, SessionEnd, SessionRecord } from '../store/store.js';
import type { TokenPair } from './token-pair.js';

/**
 * The state of a session during one request, with the transitions that the operations on a session use: see `commit.ts`,
 * `sign-in.ts`, `atomic-update.ts` and `rotation.ts`. `SessionContext` runs these operations one after another.
 */
export abstract class SessionState {
  private current: SessionRecord | null;
  private ending: SessionEnd | null = null;
  private previous: SessionRecord | null = null;
  private otherTokens: OtherTokens | null;
  private changedToken: ClientToken | null = null;
  private areHeadersSent = false;
  private isActivityIgnored = false;
  private sessionObject: SessionObject | null = null;
  private sessionFields: Fields | null = null;

  constructor(
    /** @internal */
    readonly runtime: SessionRuntime,
    private loadedSession: LoadedSession,
    /** @internal */
    readonly principals: PrincipalSource,
  ) {
    this.current = loadedSession.record;
    this.otherTokens = loadedSession.others;
  }

  /**
   * The session as the application sees it, created when it is first used: many requests need the user only. A new object
   * after the session was destroyed or started over.
   */
  get session(): SessionObject {
    if (!this.sessionObject) this.startSession(this.loadedSession.record);
    return this.sessionObject as SessionObject;
  }

  /** @internal The application's fields behind {@link session}. */
  get fields(): Fields {
    if (!this.sessionFields) this.startSession(this.loadedSession.record);
    return this.sessionFields as Fields;
  }

  /** @internal True if the application may have changed {@link fields}. */
  get areFieldsUsed(): boolean {
    return this.sessionFields !== null;
  }

  /** @internal */
  get codec(): FieldCodec {
    return this.runtime.codec;
  }

  /** @internal */
  get rules(): FieldRules | null {
    return this.runtime.rules;
  }

  /** The operations that {@link session} calls. */
  protected abstract get operations(): SessionOperations;

  /** The live session of this request as it is stored, or `null`. */
  get record(): SessionRecord | null {
    return this.current;
  }

  /** @internal The session that the presented tokens opened. */
  get loaded(): LoadedSession {
    return this.loadedSession;
  }

  /** @internal The end of the session, if it ended elsewhere during this request. */
  get endedBy(): SessionEnd | null {
    return this.ending;
  }

  /** @internal The session that this request has started over. Its user may sign in again, as with passport. */
  get startedOver(): SessionRecord | null {
    return this.previous;
  }

  /** @internal The request's further tokens, until their sessions have ended. */
  get others(): OtherTokens | null {
    return this.otherTokens;
  }

  /** @internal The token that the client should hold. Created when first needed: most requests keep their token. */
  get clientToken(): ClientToken {
    return (this.changedToken ??= new ClientToken(this.runtime.store, this.loadedSession));
  }

  /** True if the client's token must or may have to change, so that `tokenChange()` needs to be called. */
  get mayChangeToken(): boolean {
    return this.loadedSession.tokenStatus === 'dead' || this.changedToken?.isChanged === true;
  }

  /** @internal True if the client's token can still be exchanged for the next one. */
  get isTokenExchangeable(): boolean {
    return !this.areHeadersSent && this.loadedSession.presented !== null && !this.changedToken?.isIssued;
  }

  /** @internal True if this request counts as activity of its user. */
  get isActivity(): boolean {
    return !this.isActivityIgnored;
  }

  /** Keeps this request from counting as activity of its user: it does not extend the idle timeout. */
  ignoreActivity(): void {
    this.isActivityIgnored = true;
  }

  /**
   * Notes that the head of the response was sent. From here on, operations that would need another token are rejected.
   */
  markHeadersSent(): void {
    this.areHeadersSent = true;
  }

  /** @internal Starts a session object, with the fields of a record. */
  startSession(record: SessionRecord | null): void {
    this.sessionObject = new SessionObject(this.operations);
    this.sessionFields = new Fields(this.sessionObject, this);
    if (record) this.sessionFields.start(record.fields);
  }

  /** @internal Takes over the session as the store has it now. Unsaved changes are kept while the session exists. */
  refresh(loaded: LoadedSession): void {
    const { record } = loaded;
    const fields = this.sessionFields;
    this.loadedSession = loaded;
    this.current = record;
    if (record) {
      fields?.absorb(without(difference(fields.baseline, record.fields), fields.changes()));
      return;
    }
    this.changedToken = null;
    this.startSession(null);
  }

  /** @internal Notes the record in the store after a write or a read. */
  updateRecord(record: SessionRecord | null): void {
    this.current = record;
  }

  /** @internal Continues with a session that is stored under another token, which the client must receive. */
  switchToken(next: TokenPair, record: SessionRecord): void {
    this.current = record;
    this.ending = null;
    this.clientToken.issue(next);
  }

  /** @internal Forgets a session that ended because of this request, and has the client's token cleared. */
  dropSession(): void {
    this.current = null;
    this.ending = null;
    this.otherTokens = null;
    this.clientToken.clear();
  }

  /** @internal Notes the session that this request has started over. */
  markStartedOver(record: SessionRecord): void {
    this.previous = record;
  }

  /** @internal Forgets the request's further tokens, whose sessions have ended. */
  dropOthers(): void {
    this.otherTokens = null;
  }

  /**
   * @internal Notes that this request has replaced the session of its client. Other requests of the client must not
   * rely on what the store returned earlier.
   */
  markReplaced(): void {
    this.clientToken.markReplaced();
    this.runtime.tally.replaced += 1;
  }

  /**
   * @internal Notes that the session has ended elsewhere, and returns the error for it.
   *
   * @param call the call that the store refused; `null` for a call that would have changed nothing
   * @throws SessionUnavailableError when the store cannot return the end reason. Then the state is unchanged, because a
   *   request whose session was lost for no known reason would create another one in its place
   */
  async markEnded(record: SessionRecord, call: LateCall | null): Promise<SessionEndedError> {
    const end = (await this.runtime.store.endOf(record.id)) ?? UNKNOWN_END;
    if (call) this.runtime.tally.countLate(call, end.reason);
    this.current = null;
    this.ending = end;
    return new SessionEndedError(end);
  }

  /** @internal Notes that the session continues under a newer token, and returns the error for it. */
  markSuperseded(): SessionEndedError {
    this.ending = REPLACED;
    return new SessionEndedError(REPLACED);
  }

  /** @internal @throws SessionUnavailableError when the session could not be loaded */
  checkLoaded(): void {
    if (this.loadedSession.failure) throw this.loadedSession.failure;
  }

  /**
   * @internal Returns the live session, or `null` if there never was one.
   *
   * @throws SessionEndedError when the session has ended during this request
   */
  liveRecord(): SessionRecord | null {
    this.checkLoaded();
    if (this.ending) throw new SessionEndedError(this.ending);
    return this.current;
  }

  /** @internal @throws SessionUsageError when the head of the response was sent, so that the token cannot change */
  checkTokenCanChange(what: string): void {
    if (!this.areHeadersSent) return;
    throw new SessionUsageError(
      `A session cannot be ${what} after the head of the response was sent, because its cookie can no longer be set. ` +
        'Do it before the first byte of the response is written.',
    );
  }

  /**
   * @internal Returns the changes of this request. The caller checks the {@link rules}, if there are any.
   *
   * @param isForUser true if a user is signed in to the session that the changes are for
   * @throws SessionSizeError when the session would be larger than allowed
   */
  changesWithinSize(isForUser = Boolean(this.current?.userId)): FieldChanges {
    const changes = this.fields.changes((field, problem) => this.reportConverted(field, problem));
    if (changes.set.size > 0) this.checkSize(changes, isForUser);
    return changes;
  }

  /** @internal @throws SessionDataError when the session with these changes would break the rules of the data class */
  async checkRules(changes: FieldChanges): Promise<void> {
    const { rules } = this;
    if (!rules || isEmpty(changes)) return;
    const problems = await rules.checkWrite(this.fields.after(changes));
    if (problems.length === 0) return;
    this.runtime.tally.refused.data += 1;
    throw new SessionDataError(problems);
  }

  /** @internal Reports an unusable stored field. */
  reportInvalid(problem: FieldProblem): void {
    const { events } = this.runtime;
    events.emit('invalid-data', { sessionId: this.clientToken.pair.id, ...problem });
  }

  /** @internal Reports a value that is stored in another form. */
  reportConverted(field: string, { path, received, remedy }: ValueProblem): void {
    const { events } = this.runtime;
    const sessionId = this.clientToken.pair.id;
    events.emit('value-converted', { sessionId, field, path, received, remedy });
  }

  /** Checks the size early. The store has the last word, because other requests may be writing too. */
  private checkSize(changes: FieldChanges, isForUser: boolean): void {
    const { size, anonymous, tally, events } = this.runtime;
    const bytes = bytesAfter(this.fields.baseline, changes);
    const { maxBytes } = isForUser ? size : anonymous;
    if (bytes > maxBytes) {
      if (!isForUser) tally.anonymous.refused += 1;
      tally.refused.size += 1;
      throw new SessionSizeError(maxBytes, bytes);
    }
    tally.instruments?.recordSize(bytes);
    if (bytes > size.warnBytes) events.emit('large-session', { sessionId: this.clientToken.pair.id, bytes });
  }
}
