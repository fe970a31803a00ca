import type { SessionContext } from '../core/request/session-context.js';
import type { PrincipalField } from '../core/runtime/runtime.js';

/** The application's users. */
export interface SessionUsersOptions {
  /**
   * Returns the application's user with an ID. Called once per request, for `SessionGuard` and `@CurrentUser()`. `null` or
   * `undefined` means that the user no longer exists; then the request is treated as not signed in.
   */
  load(id: string): unknown;
}

/** Loads the application's user of a session, once per request. */
export class CurrentUsers {
  private readonly found = new WeakMap<SessionContext, { userId: string; user: Promise<unknown> }>();

  constructor(
    private readonly source: SessionUsersOptions | undefined,
    private readonly principal: PrincipalField,
  ) {}

  /**
   * Returns the signed-in user: the one that the application's `users.load` returns, else the one on the request if it is
   * the session's, else `{ id }`. `null` if no user is signed in, or the user no longer exists. A promise only if the
   * application loads users.
   */
  of(context: SessionContext, request: { readonly user?: unknown }): unknown {
    context.accessed = true;
    const userId = context.record?.userId ?? null;
    if (userId === null) return null;
    if (!this.source) return this.isSignedIn(request.user, context) ? request.user : { id: userId };
    const known = this.found.get(context);
    if (known?.userId === userId) return known.user;
    const user = this.load(this.source, userId);
    this.found.set(context, { userId, user });
    return user;
  }

  /**
   * Returns true if a user, such as the one that a guard has put on the request, is the signed-in one. Another guard may
   * put the user of a bearer token there. IDs are found as in the return value of passport's serializer.
   */
  isSignedIn(user: unknown, { record }: SessionContext): boolean {
    try {
      const id = this.principal.userIdOf({ user });
      return id !== null && id === record?.userId;
    } catch {
      return false;
    }
  }

  private async load(source: SessionUsersOptions, userId: string): Promise<unknown> {
    return (await source.load(userId)) ?? null;
  }
}
