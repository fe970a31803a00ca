import type { CookieStanding } from './client-token.js';
import type { TokenPair } from './token-pair.js';
import { ClientToken } from './client-token.js';
import type { FieldProblem } from './errors.js';
import { SessionDataError, SessionEndedError, SessionSizeError, SessionUsageError } from './errors.js';
import type { FieldEnvironment } from './fields.js';
import type { FieldCodec, FieldRules, ValueProblem } from './field-codec.js';
import { applyChanges, difference, isEmpty, without } from './field-changes.js';
import { Fields } from './fields.js';
import type { OtherCookies } from './other-cookies.js';
import type { SessionRuntime } from './runtime.js';
import type { SessionOperations } from './session.js';
import { SessionObject } from './session.js';
import { bytesOf } from './size.js';
import type { FieldChanges, Origin, SessionEnd, SessionRecord } from './store.js';
import type { SessionUser } from './user.js';

/** What a client showed, and what the store made of it. */
export interface Arrival {
  /** The well-formed token that came with the request, or `null`. */
  readonly presented: TokenPair | null;
  /** The session that it opens, or `null`. */
  readonly record: SessionRecord | null;
  readonly standing: CookieStanding;
  /** The cookies of the request that do not count; `null`, nearly always: there are none that matter. */
  readonly others: OtherCookies | null;
  /** Whether the record is a copy that was kept in this process, and so may be behind the store. */
  readonly isCopy: boolean;
  /** The token that follows the presented one, when that has been exchanged and is in its grace. */
  readonly successor: TokenPair | null;
  /** When the request came, by the store's clock. */
  readonly at: number;
  /** Where the client is. Asked only when somebody signs in. */
  readonly origin: () => Origin;
  /** Why nobody knows whether the client has a session. It is treated as one that has none, and nothing is done. */
  readonly failure?: Error;
}

/** Middleware that says in the session itself who is signed in, as passport does, seen from one request. */
export interface PrincipalSource {
  /**
   * Whether it has a hand in this request. Without it the field is one like any other: an application that lets
   * clients name fields must not let them sign in by that.
   */
  isAtWork(): boolean;
  /** What else is known of the user with an id, whom it signs in by id alone. `null`: nothing. */
  userOf(id: string): SessionUser | null;
}

/** All that is known of why a session is gone when the store has forgotten. */
export const UNKNOWN_END: SessionEnd = { reason: 'expired', at: null };

/**
 * What one request holds between loading a session and committing it. The operations on it are beside it:
 * `commit.ts`, `sign-in.ts`, `atomic-update.ts`, `rotation.ts`; `context.ts` puts them in turn.
 */
export class UnitOfWork implements FieldEnvironment {
  /** The session as the application sees it. */
  session!: SessionObject;
  fields!: Fields;
  /** The session as it is stored, or `null`. */
  record: SessionRecord | null;
  /** A session that the request has started over, whose user may sign in again, as passport lets them. */
  startedOver: SessionRecord | null = null;
  /** How the session ended, when it ended elsewhere while this request was under way. */
  lost: SessionEnd | null = null;
  /** Whether the head of the response has left, so that the client can't be given a token any more. */
  isSealed = false;
  /** Whether activity could not be recorded, which is tried once a request. */
  hasTouchFailed = false;
  /** Whether the request is no sign of its user, so that it does not move the idle clock. */
  isUnattended = false;
  client: ClientToken;
  /** What the request showed beside the token that counts, until that has been dealt with. */
  others: OtherCookies | null;
  readonly codec: FieldCodec;
  readonly rules: FieldRules | null;

  constructor(
    readonly runtime: SessionRuntime,
    public arrival: Arrival,
    private readonly operations: SessionOperations,
    readonly principals: PrincipalSource,
  ) {
    this.codec = runtime.codec;
    this.rules = runtime.rules;
    this.record = arrival.record;
    this.client = new ClientToken(runtime.store, arrival);
    this.others = arrival.others;
    this.newSession(arrival.record);
  }

  /** Another object for the application to see. */
  newSession(record: SessionRecord | null): void {
    this.session = new SessionObject(this.operations);
    this.fields = new Fields(this.session, this);
    if (record) this.fields.reset(record.fields);
  }

  /** The store has been asked once more about what the client showed. Unsaved changes stay where the session does. */
  renew(arrival: Arrival): void {
    const { record } = arrival;
    this.arrival = arrival;
    this.record = record;
    if (record) {
      this.fields.absorb(without(difference(this.fields.baseline, record.fields), this.fields.changes()));
      return;
    }
    this.client = new ClientToken(this.runtime.store, arrival);
    this.newSession(null);
  }

  /** A stored field cannot be used. */
  onInvalid(problem: FieldProblem): void {
    this.runtime.events.emit('invalid-data', { sessionId: this.client.pair.id, ...problem });
  }

  /** A value is stored in another form than it has now. */
  onConverted(field: string, { path, received, remedy }: ValueProblem): void {
    this.runtime.events.emit('value-converted', {
      sessionId: this.client.pair.id,
      field,
      path,
      received,
      remedy,
    });
  }

  /**
   * This request has put a session in the place of what its client showed. Another request of the same client must not
   * rely on what the store said before.
   */
  noteReplaced(): void {
    this.client.noteReplaced();
    this.runtime.tally.replaced += 1;
  }

  /** The session is stored under another token now. */
  adopt(next: TokenPair, record: SessionRecord): void {
    this.record = record;
    this.lost = null;
    this.client.issue(next);
  }

  /** The session has ended by the client's own wish. */
  leave(): void {
    this.record = null;
    this.lost = null;
    this.others = null;
    this.client.leave();
  }

  /**
   * The session turned out to be gone.
   *
   * @throws SessionUnavailableError when the store cannot say why. Then nothing has changed, and who comes next asks
   *   again: a request that had lost its session without a reason would begin another in its place
   */
  async lose(record: SessionRecord): Promise<SessionEndedError> {
    const end = (await this.runtime.store.endOf(record.id)) ?? UNKNOWN_END;
    this.record = null;
    this.lost = end;
    return new SessionEndedError(end);
  }

  /** @throws SessionUnavailableError when nobody knows whether there is a session */
  checkKnown(): void {
    if (this.arrival.failure) throw this.arrival.failure;
  }

  /** The live session, or `null` where there never was one. @throws SessionEndedError when it ended meanwhile */
  livingRecord(): SessionRecord | null {
    this.checkKnown();
    if (this.lost) throw new SessionEndedError(this.lost);
    return this.record;
  }

  /**
   * What the request has changed.
   *
   * @param isForUser whether it goes into a session that somebody is signed in to
   * @throws SessionSizeError when the session would hold more than it may
   * @throws SessionDataError when a field breaks the rules of the data class
   */
  async checkedChanges(isForUser = Boolean(this.record?.userId)): Promise<FieldChanges> {
    const changes = this.fields.changes((field, problem) => this.onConverted(field, problem));
    if (changes.set.size > 0) this.checkSize(changes, isForUser);
    await this.checkRules(changes);
    return changes;
  }

  /** Others may be writing too, so the store has the last word. */
  private checkSize(changes: FieldChanges, isForUser: boolean): void {
    const { size, anonymous, tally, events } = this.runtime;
    const bytes = bytesOf(applyChanges(this.fields.baseline, changes));
    const { maxBytes } = isForUser ? size : anonymous;
    if (bytes > maxBytes) {
      if (!isForUser) tally.anonymous.refused += 1;
      throw new SessionSizeError(maxBytes, bytes);
    }
    if (bytes > size.warnBytes) events.emit('large-session', { sessionId: this.client.pair.id, bytes });
  }

  /** @throws SessionDataError when the session, as changes would leave it, breaks the rules of the data class */
  async checkRules(changes: FieldChanges): Promise<void> {
    const { rules } = this.runtime;
    if (!rules || isEmpty(changes)) return;
    const problems = await rules.checkWrite(this.fields.after(changes));
    if (problems.length > 0) throw new SessionDataError(problems);
  }

  /** Refuses what would need a new cookie when it is too late for one. */
  checkUnsealed(what: string): void {
    if (!this.isSealed) return;
    throw new SessionUsageError(
      `A session cannot be ${what} after the head of the response has left, because its cookie can't be set any more. ` +
        'Do it before the first byte is written.',
    );
  }
}
