import { SessionUsageError } from '../core/errors/errors.js';
import { findRequestSession, requestSessionOf } from './request-session.js';
import { foreignSessionError } from './session-property.js';

interface Accessors {
  readonly get: (this: object) => unknown;
  readonly set: (this: object) => never;
}

/**
 * The further properties that express-session and `@fastify/session` put on a request. Middleware that was written for
 * them reads the ID. The store is not available here, because `SessionService` has methods for what it is used for.
 */
export const FOREIGN_PROPERTIES: Readonly<Record<'sessionID' | 'sessionStore', Accessors>> = {
  sessionID: {
    get() {
      return requestSessionOf(this).session.id;
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
      // Before the session is loaded, the assignment comes from the middleware of another library.
      if (!findRequestSession(this)) throw foreignSessionError();
      refuseStore();
    },
  },
};

/** Defines these properties on the prototype of requests, where they cost nothing per request. */
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
