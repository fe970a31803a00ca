import { Inject, Injectable } from '@nestjs/common';
import { Observable } from 'rxjs';
import type { SessionContext } from '../core/request/session-context.js';
import { contextOfSession } from '../core/request/session-context.js';
import type { SessionUnavailableError } from '../core/errors/errors.js';
import { SessionOptionsError, SessionUsageError } from '../core/errors/errors.js';
import type { SessionRuntime } from '../core/runtime/runtime.js';
import type { SessionStatistics } from '../core/runtime/statistics.js';
import { Meter } from '../core/runtime/statistics.js';
import type { Session, SessionData } from '../core/session/session.js';
import type { EndNotice, SessionEnd, SessionRecord } from '../core/store/store.js';
import type { SessionId } from '../core/record/token.js';
import { parseSessionId } from '../core/record/token.js';
import type { SessionUser } from '../core/runtime/user.js';
import { UNKNOWN_END } from '../core/record/session-end.js';
import { userIdOf } from '../core/runtime/user.js';
import { watchEnd } from '../core/runtime/watch.js';
import { cutLabel } from '../http/device.js';
import type { RequestLike } from '../http/request.js';
import { requestSessionOf } from '../http/request-session.js';
import type { Duration } from '../options/duration.js';
import { checkedMs, WAIT } from '../options/duration-rule.js';
import type { ResolvedOptions } from '../options/resolve.js';
import { resolveSignIn } from '../options/resolve-sign-in.js';
import { received } from '../options/rule.js';
import { checkNames, narrowing, ownerIn, signInLimitIn } from './service-arguments.js';
import type { SessionInfo } from '../core/record/session-info.js';
import { describeSession } from '../core/record/session-info.js';
import type { SignInOptions } from '../options/sign-in-options.js';
import { RESOLVED_OPTIONS, SESSION_RUNTIME } from './session.tokens.js';

/** The session of a request: the request itself, or its `session`. */
export type SessionTarget = Session<object> | RequestLike;

/** Options of a revocation. */
export interface RevokeOptions {
  /** The request that causes the revocation. The client of an ended session receives its device and address. */
  readonly by?: SessionTarget;
}

/** Options of `revokeEveryone()`. */
export interface RevokeEveryoneOptions extends RevokeOptions {
  /** The session to keep: a request, its session, or a public ID. If its ID changes in the meantime, it ends too. */
  readonly except?: SessionTarget | string;
  /**
   * The time before which a session must have begun to be ended, by the clock of the store. A user's session begins with its
   * sign-in, an anonymous one with its creation; neither a new ID nor a rotated token changes that. A stored session that
   * cannot be read ends whatever the time. Default: all sessions end.
   */
  readonly signedInBefore?: Date;
}

/**
 * Signs users in and out, and manages all of a user's sessions.
 *
 * Methods that take a {@link SessionTarget} use the session of a request. Methods that take an ID work anywhere: in a job, a
 * command, a message handler.
 *
 * Every method throws a `SessionUnavailableError` (503) when the store does not answer in time.
 */
@Injectable()
export class SessionService {
  constructor(
    @Inject(SESSION_RUNTIME) private readonly runtime: SessionRuntime,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    private readonly meter: Meter,
  ) {}

  /**
   * Returns the session of a request, and loads it first if nothing has. Only needed with the option `load: 'lazy'`, outside
   * of handlers that have `@Session()`: in middleware, and in guards and interceptors of the application.
   *
   * @throws SessionUnavailableError (503) when the store is unavailable
   * @throws SessionUsageError when the request gets no session
   * @example
   * const session = await this.sessions.load(request);
   */
  async load<Data extends object = SessionData>(request: RequestLike): Promise<Session<Data>> {
    await use(request, () => Promise.resolve());
    return requestSessionOf(request).session as unknown as Session<Data>;
  }

  /**
   * Signs a user in, after the application has authenticated the user. The session gets a new token and ID, the old token
   * becomes invalid, and the limit on the user's sessions is enforced, all in one step.
   *
   * A further sign-in of the same user keeps the session's own timeouts and persistence, unless the options set others.
   *
   * @param user has an `id`; the whole object is passed to `limit.max`, `idle` and `absolute` if they are functions
   * @throws SessionLimitError (409) with the live sessions, when the policy is `'reject'` and the limit is reached
   * @throws SessionUsageError when the user has no usable ID
   */
  async signIn(target: SessionTarget, user: SessionUser, options?: SignInOptions): Promise<SessionInfo> {
    const record = await use(target, (context) => {
      const origin = context.origin();
      const choice = resolveSignIn(options, this.options);
      const { device } = options ?? {};
      return context.signIn(user, {
        ...choice,
        origin: device === undefined ? origin : { ...origin, device: cutLabel(device) },
      });
    });
    return describeSession(record);
  }

  /**
   * Ends the session of a request and clears its cookie. Does nothing if there is no session.
   *
   * @throws SessionEndedError (401, `replaced`) when the request's token was replaced, so that the session continues
   */
  async signOut(target: SessionTarget): Promise<void> {
    await use(target, (context) => context.destroy());
  }

  /**
   * Gives the session of a request a new token and ID. Call it whenever the permissions of its user have changed.
   *
   * @throws SessionEndedError (401) when the session has ended during the request
   */
  async regenerate(target: SessionTarget): Promise<void> {
    await use(target, (context) => context.regenerate(true));
  }

  /**
   * Returns the public facts of the session of a request; `null` if nothing is stored yet.
   *
   * @throws SessionUsageError when the session is not loaded yet; see {@link load}
   */
  describe(target: SessionTarget): SessionInfo | null {
    const { record } = targetContext(target);
    return record && describeSession(record);
  }

  /**
   * Returns a CSRF token for the session of a request, for clients that send neither `Sec-Fetch-Site` nor `Origin`. They
   * present it in the header `X-CSRF-Token`, or in the field `_csrf` of a form. A sign-in and `regenerate()` give the
   * session another ID, and make its tokens invalid.
   *
   * @throws SessionUsageError without the option `csrf.secret`, or when the session is not loaded yet; see {@link load}
   */
  csrfToken(target: SessionTarget): string {
    const { tokens } = this.options.csrf;
    if (tokens) return tokens.issue(targetContext(target).id);
    throw new SessionUsageError(
      'csrfToken() needs a secret, but the option "csrf.secret" was not set. Set it, or leave the tokens out: current browsers ' +
        'send the origin of a request, which SessionCsrfGuard checks without a token.',
    );
  }

  /** Returns a user's live sessions, latest sign-in first. */
  async list(userId: string | number): Promise<SessionInfo[]> {
    return (await this.runtime.store.list(userIdOf({ id: userId }))).map(describeSession);
  }

  /** Returns the number of a user's live sessions. */
  async count(userId: string | number): Promise<number> {
    return (await this.list(userId)).length;
  }

  /** Returns one session by its public ID; `null` if there is none. */
  async get(sessionId: string): Promise<SessionInfo | null> {
    const record = await this.find(sessionId);
    return record && describeSession(record);
  }

  /**
   * Ends one session by its public ID. Its client gets 401 with the reason `revoked` at its next request.
   *
   * @param options.ownedBy ends the session only if it is this user's; omit it to end any user's
   * @returns true if there was such a session
   * @throws SessionUsageError when `ownedBy` is present and undefined, or no ID of a user
   */
  async revoke(
    sessionId: string,
    options: RevokeOptions & { readonly ownedBy?: string | number } = {},
  ): Promise<boolean> {
    checkNames('revoke()', options, ['ownedBy', 'by']);
    const ownedBy = ownerIn(options);
    const id = parseSessionId(sessionId);
    const ended = id && (await this.runtime.store.revoke(id, revocation(options.by), ownedBy));
    if (ended) this.announce(ended);
    return ended !== null;
  }

  /**
   * Ends all sessions of a user: after a password reset, or when an account is closed.
   *
   * The first step cuts all of them off, however many there are: they are no longer written to or extended. Then they end in
   * small steps. If the method throws in between, `ended` of the error names the sessions that have ended, each with a
   * `revoked` event; another call ends the rest.
   *
   * @returns the number of ended sessions
   */
  async revokeAll(userId: string | number, options: RevokeOptions = {}): Promise<number> {
    checkNames('revokeAll()', options, ['by']);
    return this.revokeAllBut(userIdOf({ id: userId }), null, revocation(options.by));
  }

  /**
   * Ends all other sessions of the user of a session: "sign out everywhere else".
   *
   * @param session a request, its session, or a public ID
   * @returns the number of ended sessions
   * @throws SessionEndedError (401) when a request's session was served from the cache, and has ended
   */
  async revokeOthers(session: SessionTarget | string): Promise<number> {
    const isId = typeof session === 'string';
    const record = isId ? await this.find(session) : await confirmed(session);
    if (!record?.userId) return 0;
    return this.revokeAllBut(record.userId, record, revocation(isId ? undefined : session));
  }

  /**
   * Ends the sessions of all users, and all anonymous ones: after a breach, or before maintenance for which all users must be
   * signed out (OWASP ASVS 5.0, 7.4.5).
   *
   * - Every session that exists at the call has ended when the method returns, even if it received another token or ID in the
   *   meantime. A concurrent sign-in starts another session, which may live or be ended.
   * - Redis serves other commands in between: its keys are scanned in small steps, twice, on one master after another. The time
   *   grows with the number of sessions. Emits a `revoked` event for each session as it ends.
   * - If the method throws, or the process ends, only some sessions have ended. Another call starts again and ends the rest. The
   *   method also throws if it cannot guarantee that every session was seen, because a connection was lost or slots of a
   *   Cluster were moved.
   *
   * @param options.except keeps one session: a request's, or one by its public ID. An ID without a session keeps none
   * @param options.signedInBefore keeps the sessions that began at this time or later. For a Redis that was restored from a
   *   backup, in which ended sessions are live again: pass the time of the restore
   * @returns the number of ended sessions
   * @throws SessionEndedError (401) when `except` is a request's session that was served from the cache, and has ended
   * @throws SessionUsageError when `signedInBefore` is present and no valid `Date`
   */
  async revokeEveryone(options: RevokeEveryoneOptions = {}): Promise<number> {
    checkNames('revokeEveryone()', options, ['except', 'signedInBefore', 'by']);
    const except = narrowing('revokeEveryone()', options, 'except');
    const signedInBefore = signInLimitIn(options);
    const selection = { except: await idOf(except), signedInBefore };
    let count = 0;
    await this.runtime.store.revokeEveryone(revocation(options.by), selection, (ended) => {
      count += ended.length;
      for (const session of ended) this.announce(session);
    });
    return count;
  }

  /**
   * Watches one session, and emits its end: at once if this process ends it, and within `every` if another process or a timeout
   * does. For connections that outlive a request, such as server-sent events. Watching is no activity: it does not extend the
   * session. The reason `replaced` means that the session continues under another ID.
   *
   * @param options.every interval at which the store is queried, by default two seconds
   * @returns emits one value and completes. Unsubscribe to stop watching
   */
  watchEnd(sessionId: string, options: { readonly every?: Duration } = {}): Observable<SessionEnd> {
    const everyMs = checkedMs(
      options.every ?? '2s',
      WAIT,
      (sentence) => new SessionOptionsError(`Wrong watch options:\n- every: ${sentence}`),
    );
    const id = parseSessionId(sessionId);
    return new Observable((subscriber) => {
      const onEnd = (end: SessionEnd) => {
        subscriber.next(end);
        subscriber.complete();
      };
      if (!id) return onEnd(UNKNOWN_END);
      return watchEnd(this.runtime, id, everyMs, { onEnd, onError: (error) => subscriber.error(error) });
    });
  }

  /**
   * Keeps a request from extending the idle timeout, for requests that a page makes on its own, such as polling or the
   * reconnection of server-sent events. Call it before the response is sent.
   *
   * @throws SessionUsageError when the session is not loaded yet; see {@link load}
   */
  ignoreActivity(target: SessionTarget): void {
    targetContext(target).ignoreActivity();
  }

  /** Returns statistics of this process: requests, calls to the store and their duration. */
  statistics(): SessionStatistics {
    const { requests, tally } = this.meter;
    const breaker = this.runtime.store.breaker?.state ?? null;
    return {
      requests,
      anonymous: { ...tally.anonymous },
      cookies: { ...tally.cookies },
      store: { ...this.meter.read(), breaker },
    };
  }

  /** Pings the store. `SessionHealth` makes a health check of it. */
  ping(): Promise<void> {
    return this.runtime.store.ping();
  }

  private async revokeAllBut(
    userId: string,
    except: SessionRecord | null,
    notice: EndNotice,
  ): Promise<number> {
    const announce = (ended: readonly SessionId[]) => {
      for (const id of ended) this.announce({ id, userId });
    };
    try {
      const ended = await this.runtime.store.revokeAll(userId, notice, except?.id ?? null);
      announce(ended);
      return ended.length;
    } catch (error) {
      announce((error as Partial<SessionUnavailableError>).ended ?? []);
      throw error;
    }
  }

  private announce({ id, userId }: Pick<SessionRecord, 'id' | 'userId'>): void {
    this.runtime.events.emit('revoked', { sessionId: id, userId });
  }

  private async find(sessionId: string): Promise<SessionRecord | null> {
    const id = parseSessionId(sessionId);
    return id && this.runtime.store.load(id, { fresh: true });
  }
}

/** Returns the ID of a session in any of its forms. */
async function idOf(session: SessionTarget | string | null): Promise<SessionId | null> {
  if (session === null) return null;
  if (typeof session === 'string') return parseSessionId(session);
  return (await confirmed(session))?.id ?? null;
}

/** Returns the session of a request, as the store has it at this moment. */
async function confirmed(target: SessionTarget): Promise<SessionRecord | null> {
  const context = await use(target, (loaded) => loaded.revalidate().then(() => loaded));
  return context.record;
}

function revocation(by: SessionTarget | undefined): EndNotice {
  if (by === undefined) return { reason: 'revoked' };
  // The device and the address are those of the request, whether its session is loaded or not.
  return { reason: 'revoked', by: (contextOfTarget(by) ?? requestSessionOf(by)).origin() };
}

/** Calls an operation with the context of a target: at once, unless the session of the request has to be loaded first. */
function use<Result>(
  target: SessionTarget,
  operation: (context: SessionContext) => Promise<Result>,
): Promise<Result> {
  const loading = contextOfTarget(target) ? null : requestSessionOf(target).load();
  return loading ? loading.then(() => operation(targetContext(target))) : operation(targetContext(target));
}

/** Returns the context of a target. @throws SessionUsageError when its session is not loaded yet */
function targetContext(target: SessionTarget): SessionContext {
  const context = contextOfTarget(target) ?? requestSessionOf(target).getContext();
  context.accessed = true;
  return context;
}

/** Returns the context of a session; `null` for a request. */
function contextOfTarget(target: SessionTarget | null | undefined): SessionContext | null {
  if (typeof target === 'object' && target !== null) return contextOfSession(target);
  throw new SessionUsageError(
    `Expected a request or its session, received ${received(target)}. Pass what @Session() or @Req() gives.`,
  );
}
