import { SessionUsageError } from '../core/errors.js';
import { foreignSessionError, hasSession, sessionOf } from './request.js';

interface Accessors {
  readonly get: (this: object) => unknown;
  readonly set: (this: object) => never;
}

/**
 * What express-session and `@fastify/session` put on a request beside the session. Middleware that was written for them
 * reads the id; the store is not handed out, because what it would be asked for has a place of its own.
 */
export const FOREIGN_PROPERTIES: Readonly<Record<'sessionID' | 'sessionStore', Accessors>> = {
  sessionID: {
    get() {
      return sessionOf(this).id;
    },
    set() {
      throw new SessionUsageError(
        'request.sessionID cannot be set: ids are drawn by the server. For a new one call request.session.regenerate().',
      );
    },
  },
  sessionStore: {
    get: refuseStore,
    set() {
      // Before there is a session, the middleware of another library is at work.
      if (!hasSession(this)) throw foreignSessionError();
      refuseStore();
    },
  },
};

/** Puts these properties on the prototype of requests, where they cost nothing at each request. */
export function defineForeignProperties(prototype: object): void {
  for (const [name, accessors] of Object.entries(FOREIGN_PROPERTIES)) {
    Object.defineProperty(prototype, name, { ...accessors, configurable: true });
  }
}

function refuseStore(): never {
  throw new SessionUsageError(
    'request.sessionStore is not part of this module. Inject SessionService to find, list and end sessions; ' +
      'the provider SESSION_STORE is the store.',
  );
}
