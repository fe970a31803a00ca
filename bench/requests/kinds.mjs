// The kinds of requests that are measured, and how each is written for the load generators.

/** Number of users whose requests take turns. */
export const USERS = 50;

/** Number of users that sign in, in turn. */
const SIGN_INS = 1_000;

/**
 * Kinds of requests by name. `signedIn` requests carry the cookie or token of a user; the others carry none.
 *
 * - `read`: the guard admits a signed-in user, and the handler reads two fields of the session
 * - `anonymous`: a request without a cookie to a route that does not look at the session
 * - `unused`: a request with a live cookie to the same route
 * - `write`: one field of the session gets a new value
 * - `login`: a sign-in that stores two fields, and counts towards the user's sessions
 */
const KINDS = {
  read: { method: 'GET', path: '/me', signedIn: true },
  anonymous: { method: 'GET', path: '/open', signedIn: false },
  unused: { method: 'GET', path: '/open', signedIn: true },
  write: { method: 'POST', path: '/note', signedIn: true },
  login: { method: 'POST', path: '/login', signedIn: false, users: SIGN_INS },
};

/**
 * Returns the requests of one kind, to be sent in turn: lines of method, path and at most one header, separated by tabs.
 *
 * @param credentials a header for each signed-in user, such as `{ cookie: 'sid=…' }`
 */
export function requestLines(kind, credentials) {
  const { method, path, signedIn, users } = KINDS[kind];
  if (users) return Array.from({ length: users }, (_, user) => `${method}\t${path}/${user}`);
  if (!signedIn) return [`${method}\t${path}`];
  return credentials.map((header) => [method, path, ...Object.entries(header).flat()].join('\t'));
}
