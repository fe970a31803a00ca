import type { User } from './user.js';

/** The password of every demo user, until one changes it. */
export const DEMO_PASSWORD = 'password';

/** Has one session at a time, to see a limit at work without setting one. */
const SOLO = 'solo';
const LAB_LIMIT = 2;
const STAGES = 20;

/** Whom the attack lab signs in. */
export const VICTIM = 'lab-victim';
export const ATTACKER = 'lab-attacker';
/** Users with simulated devices: one for each visitor who tries out the limit. */
export const STAGE_USERS = Array.from({ length: STAGES }, (_, index) => `stage-${index + 1}`);

/**
 * alice, bob, solo and admin, those of the lab, and as many numbered users as asked for. Ids are the names, so that
 * URLs can be typed.
 */
export function demoUsers(numbered: number, withLab: boolean): User[] {
  const lab = withLab ? [VICTIM, ATTACKER, ...STAGE_USERS] : [];
  const counted = Array.from({ length: numbered }, (_, index) => `user${index + 1}`);
  return [
    ...['alice', 'bob', SOLO, ...counted, ...lab].map((name) => user(name, 'user')),
    user('admin', 'admin'),
  ];
}

/** How many sessions a user may have, where that is not the demo's setting. */
export function ownLimitOf(userId: string): number | null {
  if (userId === SOLO) return 1;
  return userId.startsWith('lab-') || userId.startsWith('stage-') ? LAB_LIMIT : null;
}

function user(name: string, role: User['role']): User {
  return { id: name, username: name, role };
}
