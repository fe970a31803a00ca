import { Inject, Injectable } from '@nestjs/common';
import { Observable } from 'rxjs';
import type { SessionContext } from '../core/session-context.js';
import { contextOfSession } from '../core/session-context.js';
import type { SessionUnavailableError } from '../core/errors.js';
import { SessionOptionsError, SessionUsageError } from '../core/errors.js';
import type { SessionRuntime } from '../core/runtime.js';
import type { SessionStatistics } from '../core/statistics.js';
import { Meter } from '../core/statistics.js';
import type { Session } from '../core/session.js';
import type { EndNotice, SessionEnd, SessionRecord } from '../core/store.js';
import type { SessionId } from '../core/token.js';
import { parseSessionId } from '../core/token.js';
import type { SessionUser } from '../core/user.js';
import { UNKNOWN_END } from '../core/session-end.js';
import { userIdOf } from '../core/user.js';
import { watchEnd } from '../core/watch.js';
import { cutLabel } from '../http/device.js';
import type { RequestLike } from '../http/request.js';
import { requestSessionOf } from '../http/request-session.js';
import type { Duration } from '../options/duration.js';
import { checkedMs, WAIT } from '../options/duration-rule.js';
import type { ResolvedOptions } from '../options/resolve.js';
import { resolveSignIn } from '../options/resolve-sign-in.js';
import { received } from '../options/rule.js';
import { checkNames, narrowing, ownerIn } from './service-arguments.js';
import type { SessionInfo } from '../core/session-info.js';
import { describeSession } from '../core/session-info.js';
import type { SignInOptions } from '../options/sign-in-options.js';
import { RESOLVED_OPTIONS, SESSION_RUNTIME } from './session.tokens.js';

/** The session of a request: the request itself, or its `session`. */
export type SessionTarget = Session<object> | RequestLike;

/** How sessions are ended from elsewhere. */
export interface RevokeOptions {
  /** The request that this is done for. The client of an ended session is told the device and the address of it. */
  readonly by?: SessionTarget;
}

/** How the sessions of everyone are ended. */
export interface RevokeEveryoneOptions extends RevokeOptions {
  /** A session that shall live on: a request, its session, or a public id. If it changes its id meanwhile, it ends too. */
  readonly except?: SessionTarget | string;
}

/**
 * Signs users in and out, and knows all of a user's sessions.
 *
 * What takes a {@link SessionTarget} works on the session of a request. What takes an id works anywhere: in a job, a
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
   * Signs a user in, after the application has checked who it is. The session gets a new token and id, the old token
   * dies, and the limit on the user's sessions is enforced, all in one step.
   *
   * A further sign-in of the same user keeps the session's own timeouts and persistence, unless the options say otherwise.
   *
   * @param user has an `id`; all of it is given to `limit.max`, `idle` and `absolute` where they are functions
   * @throws SessionLimitError (409) with the live sessions, when the policy is `'reject'` and the limit is reached
   * @throws SessionUsageError when the user has no usable id
   */
  async signIn(target: SessionTarget, user: SessionUser, options: SignInOptions = {}): Promise<SessionInfo> {
    const context = targetContext(target);
    const origin = context.origin();
    const settings = {
      ...resolveSignIn(options, this.options),
      origin: options.device === undefined ? origin : { ...origin, device: cutLabel(options.device) },
    };
    return describeSession(await context.signIn(user, settings));
  }

  /**
   * Ends the session of a request and takes its cookie away. Does nothing where there is no session.
   *
   * @throws SessionEndedError (401, `replaced`) when the request's token has been replaced, so that the session goes on
   */
  async signOut(target: SessionTarget): Promise<void> {
    await targetContext(target).destroy();
  }

  /**
   * Gives the session of a request a new token and id. Call it whenever what its user may do has changed.
   *
   * @throws SessionEndedError (401) when the session has ended meanwhile
   */
  async regenerate(target: SessionTarget): Promise<void> {
    await targetContext(target).regenerate(true);
  }

  /** The public facts of the session of a request; `null` where nothing is stored yet. */
  describe(target: SessionTarget): SessionInfo | null {
    const { record } = targetContext(target);
    return record && describeSession(record);
  }

  /** A user's live sessions, the latest sign-in first. */
  async list(userId: string | number): Promise<SessionInfo[]> {
    return (await this.runtime.store.list(userIdOf({ id: userId }))).map(describeSession);
  }

  /** How many live sessions a user has. */
  async count(userId: string | number): Promise<number> {
    return (await this.list(userId)).length;
  }

  /** One session by its public id; `null` when there is none. */
  async get(sessionId: string): Promise<SessionInfo | null> {
    const record = await this.load(sessionId);
    return record && describeSession(record);
  }

  /**
   * Ends one session by its public id. Its client gets 401 with the reason `revoked` at its next request.
   *
   * @param options.ownedBy ends the session only if it is this user's; leave it out to end anybody's
   * @returns whether there was such a session
   * @throws SessionUsageError when `ownedBy` is there and undefined, or no id of a user
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
   * The first step cuts all of them off, however many there are: none is written to or kept alive any more. Then they
   * end in small steps. When it throws on the way, `ended` of the error names those that have ended, each with a
   * `revoked` event; another call ends the rest.
   *
   * @returns how many there were
   */
  async revokeAll(userId: string | number, options: RevokeOptions = {}): Promise<number> {
    checkNames('revokeAll()', options, ['by']);
    return this.revokeAllBut(userIdOf({ id: userId }), null, revocation(options.by));
  }

  /**
   * Ends all other sessions of the user whose session this is: "sign out everywhere else".
   *
   * @param session a request, its session, or a public id
   * @returns how many there were
   * @throws SessionEndedError (401) when a request's session was answered from the cache, and has ended meanwhile
   */
  async revokeOthers(session: SessionTarget | string): Promise<number> {
    const isId = typeof session === 'string';
    const record = isId ? await this.load(session) : await confirmed(session);
    if (!record?.userId) return 0;
    return this.revokeAllBut(record.userId, record, revocation(isId ? undefined : session));
  }

  /**
   * Ends the sessions of all users, and those that nobody is signed in to: after a breach, or before what nobody may be
   * signed in for (OWASP ASVS 5.0, 7.4.5).
   *
   * - Every session that exists when this is called has ended when it returns, also one that was given another token
   *   or id meanwhile. A sign-in that takes place meanwhile begins another session, which may live or be ended.
   * - Redis does other work in between: its keys are gone over in small steps, twice, on one master after another.
   *   It takes the longer the more sessions there are. A `revoked` event tells of each session as it ends.
   * - When it throws, or the process ends, some have ended and others have not. Call it again: it begins anew, and
   *   finds what is left. It also throws when it has come to the end but cannot vouch for having seen all, because
   *   a connection was lost or slots of a Cluster were moved.
   *
   * @param options.except spares one session: a request's, or that with a public id. An id that no session has spares none
   * @returns how many it has ended
   * @throws SessionEndedError (401) when `except` is a request's session that was answered from the cache, and has
   * ended meanwhile
   */
  async revokeEveryone(options: RevokeEveryoneOptions = {}): Promise<number> {
    checkNames('revokeEveryone()', options, ['except', 'by']);
    const except = narrowing('revokeEveryone()', options, 'except');
    let count = 0;
    await this.runtime.store.revokeEveryone(revocation(options.by), await idOf(except), (ended) => {
      count += ended.length;
      for (const session of ended) this.announce(session);
    });
    return count;
  }

  /**
   * Watches one session, and gives its end: at once where this process ends it, and within `every` where another
   * process or one of the clocks does. For what outlives a request, such as server-sent events. Watching is no
   * activity: it keeps no session alive. The reason `replaced` means that the session goes on under another id.
   *
   * @param options.every how often the store is asked, by default every two seconds
   * @returns gives one value and completes. Unsubscribe to stop watching
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
   * Says that a request is no sign of its user, so that it does not move the idle clock: for what a page asks for by
   * itself, such as polling or the reconnection of server-sent events. Call it before the response leaves.
   */
  ignoreActivity(target: SessionTarget): void {
    targetContext(target).ignoreActivity();
  }

  /** What has been going on in this process: requests, calls to the store and how long they took. */
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

  /** Asks the store for a sign of life. `SessionHealth` makes a health check of it. */
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

  private async load(sessionId: string): Promise<SessionRecord | null> {
    const id = parseSessionId(sessionId);
    return id && this.runtime.store.load(id, { fresh: true });
  }
}

/** The id of a session that is given in one of the ways in which it can be. */
async function idOf(session: SessionTarget | string | null): Promise<SessionId | null> {
  if (session === null) return null;
  if (typeof session === 'string') return parseSessionId(session);
  return (await confirmed(session))?.id ?? null;
}

/** The session of a request, as the store has it at this moment. */
async function confirmed(target: SessionTarget): Promise<SessionRecord | null> {
  const context = targetContext(target);
  await context.revalidate();
  return context.record;
}

function revocation(by: SessionTarget | undefined): EndNotice {
  return by === undefined ? { reason: 'revoked' } : { reason: 'revoked', by: targetContext(by).origin() };
}

function targetContext(target: SessionTarget | null | undefined): SessionContext {
  if (typeof target !== 'object' || target === null) {
    throw new SessionUsageError(
      `Expected a request or its session, received ${received(target)}. Pass what @Session() or @Req() gives.`,
    );
  }
  const context = contextOfSession(target) ?? requestSessionOf(target).getContext();
  context.accessed = true;
  return context;
}
