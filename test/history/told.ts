import { check } from './checker/check.js';
import { Tale } from './tale.js';

/** What the checker objects to, by the names of the invariants. */
export function objections(tale: Tale): string[] {
  return check(tale.history).violations.map(({ invariant }) => invariant);
}

/** A visitor's session. */
export function visitor(stalenessMs: number | null = null): Tale {
  return new Tale({ stalenessMs }).create('v', { shared: 'one' });
}

/** A signed-in session of Ada. */
export function ada(stalenessMs: number | null = null): Tale {
  return new Tale({ stalenessMs }).signIn('ada', 'a');
}
