import type { TokenPair } from './client-token.js';
import type { Arrival } from './context.js';
import type { SessionRuntime } from './runtime.js';
import type { Origin, SessionRecord } from './store.js';
import { parseToken, sessionIdOf } from './token.js';

interface Candidate extends TokenPair {
  readonly record: SessionRecord | null;
}

/** Someone who showed nothing. */
export function anonymousArrival(origin: () => Origin): Arrival {
  return { presented: null, record: null, hasDeadCookie: false, origin };
}

/**
 * Finds the session behind what a client showed. A value without the form of a token costs nothing and opens nothing.
 *
 * A browser can be made to send several cookies of one name. Then the one that opens a session counts; when several
 * do, none can be trusted, and the client is treated as anonymous.
 *
 * @param values the distinct values of the session cookie, at least one
 */
export async function arrive(
  { store, events }: SessionRuntime,
  values: readonly string[],
  origin: () => Origin,
): Promise<Arrival> {
  const tokens = values.map(parseToken).filter((token) => token !== null);
  const candidates: Candidate[] = await Promise.all(
    tokens.map(async (token) => {
      const id = sessionIdOf(token);
      return { token, id, record: await store.load(id) };
    }),
  );
  const live = candidates.filter(({ record }) => record !== null);
  if (live.length > 1) {
    events.emit('ambiguous-cookie', { sessionIds: live.map(({ id }) => id) });
    return anonymousArrival(origin);
  }
  const candidate = live[0] ?? candidates[0] ?? null;
  return {
    presented: candidate && { token: candidate.token, id: candidate.id },
    record: candidate?.record ?? null,
    hasDeadCookie: live.length === 0,
    origin,
  };
}
