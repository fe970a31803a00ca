import type { User } from './user.js';

/** The initial password of every demo user. */
export const DEMO_PASSWORD = 'password';

/** A user with a limit of one session, which shows evictions without any configuration. */
const SOLO = 'solo';
const LAB_PREFIX = 'lab-';
const LAB_LIMIT = 2;
const SIMULATIONS = 20;

/** The users that the attacks sign in. */
export const VICTIM = `${LAB_PREFIX}victim`;
export const ATTACKER = `${LAB_PREFIX}attacker`;
/** The users with simulated devices, one for each visitor of the page about the limit. */
export const SIMULATED_USERS = Array.from(
  { length: SIMULATIONS },
  (_, index) => `${LAB_PREFIX}user-${index + 1}`,
);

/**
 * Returns the users in alphabetical order: admin, alice, bob, solo, the given number of numbered users, and at last the
 * users of the lab. A user's id is the username, which makes URLs easy to type.
 */
export function demoUsers(numbered: number, withLab: boolean): User[] {
  const lab = withLab ? [VICTIM, ATTACKER, ...SIMULATED_USERS] : [];
  const names = Array.from({ length: numbered }, (_, index) => `user${index + 1}`);
  return [
    user('admin', 'admin'),
    ...['alice', 'bob', SOLO, ...names, ...lab].map((name) => user(name, 'user')),
  ];
}

/** Tests whether a user belongs to the lab. An administrator's search leaves these users out. */
export function isLabUser(userId: string): boolean {
  return userId.startsWith(LAB_PREFIX);
}

/** Returns the limit of a user with a limit of their own, or `null` for the limit in the settings. */
export function ownLimitOf(userId: string): number | null {
  if (userId === SOLO) return 1;
  return isLabUser(userId) ? LAB_LIMIT : null;
}

function user(name: string, role: User['role']): User {
  return { id: name, username: name, role };
}
