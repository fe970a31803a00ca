import type { SessionModuleOptions, SessionUser, TimeoutInput } from 'nestjs-redis-session';

const DAY_MS = 86_400_000;

/** A member of staff. */
export interface Member extends SessionUser {
  /** `'terminal'` is the shared account of a till, which may be signed in once. */
  readonly role: 'staff' | 'terminal';
}

/** The working hours that sessions follow. */
export interface Shift {
  /** Minutes from midnight, UTC, to the end of the shift. */
  readonly endsAtMinute: number;
  /** Clock in milliseconds since 1970. @defaultValue Date.now */
  readonly now?: () => number;
}

/**
 * Returns a policy, as options of `SessionModule.forRoot()`: every session ends with the shift in which its user signed
 * in. At a terminal, a session is idle after two minutes, and a new sign-in ends the one before.
 */
export function shiftPolicy(shift: Shift): Pick<SessionModuleOptions, 'absolute' | 'idle' | 'limit'> {
  return {
    absolute: () => untilEndMs(shift),
    // At an activity only the ID of the user is known. Without `users.load` the session keeps its idle timeout then.
    idle: ({ user }: TimeoutInput) => ((user as Member | null)?.role === 'terminal' ? '2m' : '30m'),
    limit: {
      max: (user) => ((user as Member).role === 'terminal' ? 1 : 5),
      onExceed: 'evict-oldest',
    },
  };
}

/** Returns the time until the shift ends: at least a second, because a timeout is positive. */
function untilEndMs({ endsAtMinute, now = Date.now }: Shift): number {
  const at = now();
  const endToday = at - (at % DAY_MS) + endsAtMinute * 60_000;
  return Math.max(1_000, endToday > at ? endToday - at : endToday + DAY_MS - at);
}
