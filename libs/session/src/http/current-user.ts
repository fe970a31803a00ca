import type { SessionContext } from '../core/context.js';

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

  constructor(private readonly source: SessionUsersOptions | undefined) {}

  /**
   * The user who is signed in: as the application's `users.load` gives it, else as passport left it on the request,
   * else `{ id }`. `null`: nobody is signed in, or the application has no such user any more.
   */
  of(context: SessionContext, request: { readonly user?: unknown }): Promise<unknown> {
    context.accessed = true;
    const userId = context.live?.userId ?? null;
    if (userId === null) return Promise.resolve(null);
    if (!this.source) return Promise.resolve(request.user ?? { id: userId });
    const known = this.found.get(context);
    if (known?.userId === userId) return known.user;
    const user = this.load(this.source, userId);
    this.found.set(context, { userId, user });
    return user;
  }

  private async load(source: SessionUsersOptions, userId: string): Promise<unknown> {
    return (await source.load(userId)) ?? null;
  }
}
