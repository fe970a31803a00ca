import { check } from './checker/check.js';
import { Tale } from './tale.js';

/** Returns the invariants whose violation the checker reports. */
export function objections(tale: Tale): string[] {
  return check(tale.history).violations.map(({ invariant }) => invariant);
}

/** Returns a history that begins with an anonymous session. */
export function visitor(stalenessMs: number | null = null): Tale {
  return new Tale({ stalenessMs }).create('v', { shared: 'one' });
}

/** Returns a history that begins with a signed-in session of Ada. */
export function ada(stalenessMs: number | null = null): Tale {
  return new Tale({ stalenessMs }).signIn('ada', 'a');
}
