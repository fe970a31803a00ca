import { SessionUsageError } from '../core/errors/errors.js';

/** Returns the error for a request that did not pass the session module. */
export function unmountedError(): SessionUsageError {
  return new SessionUsageError(
    'This request has no session: it did not pass the session middleware. Import SessionModule in the root module ' +
      'of the application that serves the request.',
  );
}

/** Returns the error for a request that the application has excluded from sessions. */
export function excludedError(): SessionUsageError {
  return new SessionUsageError(
    'This request has no session: the option "exclude" of SessionModule matches it. Remove its path from "exclude", or ' +
      'leave out everything that uses the session there: guards, decorators, and middleware such as passport.session().',
  );
}

/** Returns the error for a look at a session that nothing has loaded yet. */
export function notLoadedError(): SessionUsageError {
  return new SessionUsageError(
    "The session of this request is not loaded yet (load: 'lazy'), so it cannot be read synchronously. In a handler, use " +
      '@Session() or @CurrentUser(), or a guard of this module in front of it; elsewhere call ' +
      'await sessions.load(request) first. In front of middleware that reads the session, such as passport.session(), ' +
      'mount eagerSession for the same routes.',
  );
}
