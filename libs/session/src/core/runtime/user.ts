import { SessionUsageError } from '../errors/errors.js';

/** The user of a sign-in: an ID and further properties of the application, such as a role that a limit depends on. */
export interface SessionUser {
  readonly id: string | number;
}

const MAX_USER_ID_LENGTH = 256;
/** Matches a lone surrogate, which the store would replace by the same character for different users. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Returns the user's ID as text, as sessions are indexed.
 *
 * @throws SessionUsageError when the ID cannot identify a user
 */
export function userIdOf(user: SessionUser): string {
  const { id } = (user ?? {}) as { id?: unknown };
  if (typeof id === 'number' && Number.isSafeInteger(id)) return String(id);
  if (typeof id === 'string' && id !== '' && id.length <= MAX_USER_ID_LENGTH && !LONE_SURROGATE.test(id))
    return id;
  throw new SessionUsageError(
    `A user to sign in needs an id that is a whole number or a text of 1 to ${MAX_USER_ID_LENGTH} characters, ` +
      `but it is ${describe(id)}. Pass { id } with the key under which your application stores the user.`,
  );
}

function describe(id: unknown): string {
  if (typeof id === 'string') return `a text of ${id.length} characters`;
  return typeof id === 'number' ? String(id) : typeof id;
}
