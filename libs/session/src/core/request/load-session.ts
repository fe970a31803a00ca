import type { Client } from './loaded-session.js';
import { anonymousSession, LoadedSession } from './loaded-session.js';
import { distinct, MAX_TOKENS, OtherTokens } from './other-tokens.js';
import { deadSession, resolveFromCopy, resolveToken } from './resolve-token.js';
import type { SessionRuntime } from '../runtime/runtime.js';
import type { SessionRecord } from '../store/store.js';
import type { SessionId, Token } from '../record/token.js';
import { parseToken } from '../record/token.js';
import type { TokenPair } from './token-pair.js';

/**
 * Maximum number of well-formed tokens that are looked up for one request. A browser holds four cookies of one name
 * after a domain and a path were added to the options.
 */
const MAX_CANDIDATES = 4;

/**
 * Loads the session that the tokens of a request open. A value that does not have the form of a token causes no call
 * to the store.
 *
 * A browser can be made to send several cookies of one name. Then the one that opens a session counts. If they belong to
 * several sessions, or one opens a session and there are too many to look up, the client is treated as anonymous. Values
 * without the form of a token are ignored.
 *
 * @param values the presented values, as the client sent them
 */
export function loadSession(
  runtime: SessionRuntime,
  values: readonly string[],
  client: Client,
): Promise<LoadedSession> {
  const { instruments } = runtime.tally;
  if (!instruments || values.length === 0) return load(runtime, values, client);
  return instruments.trace('load', () => load(runtime, values, client), idOf);
}

function load(runtime: SessionRuntime, values: readonly string[], client: Client): Promise<LoadedSession> {
  if (values.length === 0) return Promise.resolve(anonymousSession(client));
  // Nearly every client presents one token.
  const only = values.length === 1 ? parseToken(values[0] as string) : null;
  if (only) return resolveToken(runtime, only, client);
  const tokens = values.map(parseToken).filter((token) => token !== null);
  runtime.tally.cookies.malformed += values.length - tokens.length;
  const [first, ...rest] = new Set(tokens);
  if (!first) return Promise.resolve(deadSession(client));
  if (rest.length === 0) return resolveToken(runtime, first, client);
  return loadFromSeveral(runtime, [first, ...rest], client);
}

/** Returns what {@link loadSession} loads, if that takes no call to the store; `null` otherwise. */
export function loadAtOnce(
  runtime: SessionRuntime,
  values: readonly string[],
  client: Client,
): LoadedSession | null {
  if (values.length === 0) return anonymousSession(client);
  if (!runtime.store.peek || values.length > 1) return null;
  const only = parseToken(values[0] as string);
  return only && resolveFromCopy(runtime, only, client);
}

function idOf({ record }: LoadedSession): SessionId | null {
  return record?.id ?? null;
}

async function loadFromSeveral(
  runtime: SessionRuntime,
  tokens: readonly Token[],
  client: Client,
): Promise<LoadedSession> {
  const resolve = (some: readonly Token[]) =>
    Promise.all(some.map((token) => resolveToken(runtime, token, client)));
  const candidates = await resolve(tokens.slice(0, MAX_CANDIDATES));
  const rest = tokens.slice(MAX_CANDIDATES, MAX_TOKENS);
  const othersIn = (resolved: readonly LoadedSession[]) =>
    new OtherTokens(pairsOf(resolved), tokens.length > MAX_TOKENS, async () =>
      sessionsOf([...resolved, ...(await resolve(rest))]),
    );
  // Two tokens of one session, before and after a rotation, do not contradict each other.
  const claims = candidates.filter(isOfSession);
  const sessions = distinct(
    claims.map(({ record, supersededIn }) => (record ?? supersededIn) as SessionRecord),
  );
  if (sessions.length > 1 || (sessions.length === 1 && rest.length > 0)) {
    const sessionIds = sessions.map(({ id }) => id);
    runtime.events.emit('ambiguous-cookie', { sessionIds, cookies: tokens.length });
    const ambiguous = new LoadedSession(client, null, 'none');
    ambiguous.others = othersIn(claims);
    return ambiguous;
  }
  const live = candidates.filter(({ tokenStatus }) => tokenStatus === 'live');
  const current = live.find(({ successor }) => !successor) ?? live[0];
  if (current) return current;
  const superseded = candidates.find(({ tokenStatus }) => tokenStatus === 'superseded');
  const counting = superseded ?? candidates.find(({ presented }) => presented) ?? deadSession(client);
  counting.others = othersIn(candidates.filter((candidate) => candidate !== counting));
  return counting;
}

function isOfSession({ record, supersededIn }: LoadedSession): boolean {
  return record !== null || supersededIn !== null;
}

function pairsOf(resolved: readonly LoadedSession[]): TokenPair[] {
  return resolved.flatMap(({ presented }) => (presented ? [presented] : []));
}

function sessionsOf(resolved: readonly LoadedSession[]): SessionRecord[] {
  return distinct(resolved.flatMap(({ record }) => (record ? [record] : [])));
}
