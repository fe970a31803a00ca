import { Inject, Injectable } from '@nestjs/common';
import type { SessionContext } from './core/context.js';
import { contextOfSession } from './core/context.js';
import type { SessionRuntime } from './core/runtime.js';
import type { Session } from './core/session.js';
import type { SessionRecord } from './core/store.js';
import { parseSessionId } from './core/token.js';
import type { SessionUser } from './core/user.js';
import { userIdOf } from './core/user.js';
import { cutLabel } from './http/device.js';
import type { RequestLike } from './http/request.js';
import { contextOf } from './http/request.js';
import type { ResolvedOptions } from './options/resolve.js';
import { resolveSignIn } from './options/resolve.js';
import type { SessionInfo } from './session.info.js';
import { describeSession } from './session.info.js';
import type { SignInOptions } from './session.options.js';
import { RESOLVED_OPTIONS, SESSION_RUNTIME } from './session.tokens.js';

/** The session of a request: the request itself, or its `session`. */
export type SessionTarget = Session<object> | RequestLike;

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
  ) {}

  /**
   * Signs a user in, after the application has checked who it is. The session gets a new token and id, the old token
   * dies, and the limit on the user's sessions is enforced, all in one step.
   *
   * @param user has an `id`; all of it is given to `limit.max` when that is a function
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

  /** Ends the session of a request and takes its cookie away. Does nothing where there is no session. */
  signOut(target: SessionTarget): Promise<void> {
    return targetContext(target).destroy();
  }

  /**
   * Gives the session of a request a new token and id. Call it whenever what its user may do has changed.
   *
   * @throws SessionEndedError (401) when the session has ended meanwhile
   */
  regenerate(target: SessionTarget): Promise<void> {
    return targetContext(target).regenerate(true);
  }

  /** The public facts of the session of a request; `null` where nothing is stored yet. */
  describe(target: SessionTarget): SessionInfo | null {
    const { live } = targetContext(target);
    return live && describeSession(live);
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
   * @param options.ownedBy ends the session only if it is this user's
   * @returns whether there was such a session
   */
  async revoke(sessionId: string, options: { readonly ownedBy?: string | number } = {}): Promise<boolean> {
    const found = await this.load(sessionId);
    if (!found) return false;
    if (options.ownedBy !== undefined && found.userId !== userIdOf({ id: options.ownedBy })) return false;
    const ended = await this.runtime.store.destroy(found.id, { reason: 'revoked' });
    if (ended) this.announce(ended);
    return ended !== null;
  }

  /**
   * Ends all sessions of a user: after a password reset, or when an account is closed.
   *
   * @returns how many there were
   */
  revokeAll(userId: string | number): Promise<number> {
    return this.revokeAllBut(userIdOf({ id: userId }), null);
  }

  /**
   * Ends all other sessions of the user whose session this is: "sign out everywhere else".
   *
   * @param session a request, its session, or a public id
   * @returns how many there were
   * @throws SessionEndedError (401) when a request's session was answered from the cache, and has ended meanwhile
   */
  async revokeOthers(session: SessionTarget | string): Promise<number> {
    const record = typeof session === 'string' ? await this.load(session) : await confirmed(session);
    return record?.userId ? this.revokeAllBut(record.userId, record) : 0;
  }

  /** Asks the store for a sign of life, for a health check. */
  ping(): Promise<void> {
    return this.runtime.store.ping();
  }

  private async revokeAllBut(userId: string, except: SessionRecord | null): Promise<number> {
    const ended = await this.runtime.store.revokeAll(userId, { reason: 'revoked' }, except?.id ?? null);
    for (const id of ended) this.announce({ id, userId });
    return ended.length;
  }

  private announce({ id, userId }: Pick<SessionRecord, 'id' | 'userId'>): void {
    this.runtime.events.emit('revoked', { sessionId: id, userId });
  }

  private async load(sessionId: string): Promise<SessionRecord | null> {
    const id = parseSessionId(sessionId);
    return id && this.runtime.store.load(id, { fresh: true });
  }
}

/** The session of a request, as the store has it at this moment. */
async function confirmed(target: SessionTarget): Promise<SessionRecord | null> {
  const context = targetContext(target);
  await context.confirm();
  return context.live;
}

function targetContext(target: SessionTarget): SessionContext {
  const context = contextOfSession(target) ?? contextOf(target);
  context.accessed = true;
  return context;
}
