import type { SessionContext } from '../core/context.js';
import type { PrincipalField } from '../core/runtime.js';

/** The application's users. */
export interface SessionUsersOptions {
  /**
   * Fetches the application's user, once a request, for `SessionGuard` and `@CurrentUser()`. `null` or `undefined`:
   * there is no such user any more, and the request is treated as not signed in.
   */
  load(id: string): unknown;
}

/** Finds the application's user behind a session, once a request. */
export class CurrentUsers {
  private readonly found = new WeakMap<SessionContext, { userId: string; user: Promise<unknown> }>();

  constructor(
    private readonly source: SessionUsersOptions | undefined,
    private readonly principal: PrincipalField,
  ) {}

  /**
   * Returns the user who is signed in: as the application's `users.load` gives it, else the one on the request if it
   * is the session's, else `{ id }`. `null`: nobody is signed in, or the application has no such user any more.
   */
  of(context: SessionContext, request: { readonly user?: unknown }): Promise<unknown> {
    context.accessed = true;
    const userId = context.live?.userId ?? null;
    if (userId === null) return Promise.resolve(null);
    if (!this.source) {
      return Promise.resolve(this.isSignedIn(request.user, context) ? request.user : { id: userId });
    }
    const known = this.found.get(context);
    if (known?.userId === userId) return known.user;
    const user = this.load(this.source, userId);
    this.found.set(context, { userId, user });
    return user;
  }

  /**
   * Whether a user, such as the one that a guard has put on the request, is the one who is signed in. Another guard may
   * put there whom a token in a header names. Ids are found as in what passport's serializer gives.
   */
  isSignedIn(user: unknown, { live }: SessionContext): boolean {
    try {
      const id = this.principal.userIdOf({ user });
      return id !== null && id === live?.userId;
    } catch {
      return false;
    }
  }

  private async load(source: SessionUsersOptions, userId: string): Promise<unknown> {
    return (await source.load(userId)) ?? null;
  }
}
