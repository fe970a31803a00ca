import type { SessionActivity, TimeoutQuestion, TimeoutSource, TimeoutPolicy } from './timeout-policy.js';
import { SessionOptionsError } from './errors.js';
import type { Timeouts } from './expiry.js';
import { NO_IDLE_MS, timeoutProblems } from './expiry.js';
import type { SessionState } from './session-state.js';
import type { OwnLifetime, SessionRecord } from './store.js';
import type { SessionUser } from './user.js';
import { userIdOf } from './user.js';

/** What a sign-in decides of the lifetime. What it leaves out, the session of the same user keeps. */
export interface LifetimeChoice {
  readonly timeouts?: Partial<TimeoutPolicy>;
  /** When the session ends, in milliseconds since 1970, in place of an absolute timeout. */
  readonly absoluteEndAt?: number;
  /** When the user signed in, in milliseconds since 1970; by default now. */
  readonly signedInAt?: number;
  readonly persistent?: boolean;
}

/** How long a session lives from a sign-in on. */
export interface Lifetime {
  readonly timeouts: Timeouts;
  /** `null`: the absolute timeout from now on. */
  readonly absoluteEndAt: number | null;
  readonly persistent: boolean;
  /** What of it is this session's own. */
  readonly own: readonly OwnLifetime[];
}

/** The user is known by id alone, and a function of the application wants to know more. */
export class UserUnknown extends Error {}

/** Returns the timeouts of a session that begins with nobody signed in. */
export async function lifetimeAtCreation({ runtime }: SessionState): Promise<Timeouts> {
  const question = { user: null, record: null, activity: null };
  const { timeouts } = runtime.anonymous;
  const absoluteMs = await ask(timeouts.absoluteMs, question);
  return { idleMs: atMost(absoluteMs, await ask(timeouts.idleMs, question)), absoluteMs };
}

/**
 * Returns the lifetime that a sign-in gives: what it decides, else what the session of the same user has, else what the
 * module says. A fresh authentication moves the absolute end by the session's own absolute timeout, but for an end that
 * was given as a point in time.
 *
 * @throws SessionOptionsError when that makes no lifetime
 */
export async function lifetimeAtSignIn(
  work: SessionState,
  user: SessionUser,
  choice: LifetimeChoice,
): Promise<Lifetime> {
  const { runtime } = work;
  const kept = keptSession(work, userIdOf(user));
  const question = { user, record: work.record, activity: null };
  const isEndFixed = choice.absoluteEndAt !== undefined || (!choice.timeouts?.absoluteMs && isFixed(kept));
  const end = choice.absoluteEndAt ?? (isEndFixed ? (kept as SessionRecord).absoluteEndAt : null);
  const since = choice.signedInAt ?? null;
  const absoluteMs =
    end === null
      ? await ask(choice.timeouts?.absoluteMs ?? durationOf(kept) ?? runtime.timeouts.absoluteMs, question)
      : end - runtime.store.now();
  const idleMs = await ask(choice.timeouts?.idleMs ?? kept?.idleMs ?? runtime.timeouts.idleMs, question);
  const persistent = choice.persistent ?? kept?.persistent ?? runtime.persistent;
  const isIdleOwn = choice.timeouts?.idleMs !== undefined || kept?.own?.includes('idle') === true;
  // An idle timeout that was asked for is checked; one that was there, or comes from a function, ends with the session.
  const isIdleAsked = typeof choice.timeouts?.idleMs === 'number';
  const timeouts = { idleMs: isIdleAsked ? idleMs : atMost(absoluteMs, idleMs), absoluteMs };
  checkLifetime(timeouts, persistent);
  const absoluteEndAt = end ?? (since === null ? null : since + absoluteMs);
  const own: OwnLifetime[] = [];
  if (isIdleOwn) own.push('idle');
  if (isEndFixed) own.push('end');
  return { timeouts, absoluteEndAt, persistent, own };
}

/**
 * Returns a session with the idle timeout that it has from this activity on. Where the function of the application fails,
 * or wants to know more of the user than is known, the session keeps the one that it has: no failure lengthens a session.
 */
export async function withIdleAtActivity(work: SessionState, record: SessionRecord): Promise<SessionRecord> {
  const { store, events, anonymous } = work.runtime;
  const { timeouts } = record.userId === null ? anonymous : work.runtime;
  if (typeof timeouts.idleMs !== 'function' || record.own?.includes('idle')) return record;
  const now = store.now();
  const activity = {
    ...work.loaded.client.origin(),
    at: new Date(now),
    quietForMs: now - record.lastActiveAt,
  };
  try {
    const idleMs = await askOfKnownUser(work, timeouts.idleMs, { record, activity });
    return {
      ...record,
      idleMs: atMost(record.absoluteEndAt - (record.signedInAt ?? record.createdAt), idleMs),
    };
  } catch (error) {
    if (!(error instanceof UserUnknown)) {
      events.emit('timeout-failed', { sessionId: record.id, userId: record.userId, error: error as Error });
    }
    return record;
  }
}

/** Asks with the user's id alone, and once more with the user if that was not enough and the user can be loaded. */
async function askOfKnownUser(
  { principals, runtime }: SessionState,
  source: TimeoutSource,
  question: { readonly record: SessionRecord; readonly activity: SessionActivity },
): Promise<number> {
  const { userId } = question.record;
  if (userId === null) return ask(source, { ...question, user: null });
  try {
    return await ask(source, { ...question, user: principals.userOf(userId) ?? byIdAlone(userId) });
  } catch (error) {
    if (!(error instanceof UserUnknown) || !runtime.loadUser) throw error;
    const user = ((await runtime.loadUser(userId)) ?? null) as SessionUser | null;
    if (user === null) throw error;
    return ask(source, { ...question, user });
  }
}

function ask(source: TimeoutSource, question: TimeoutQuestion): number | Promise<number> {
  return typeof source === 'function' ? source(question) : source;
}

/** The session that a sign-in of this user goes on with; also one that the request has just started over, as passport does. */
function keptSession({ record, startedOver }: SessionState, userId: string): SessionRecord | null {
  return [record, startedOver].find((session) => session?.userId === userId) ?? null;
}

function isFixed(record: SessionRecord | null): boolean {
  return record?.own?.includes('end') === true;
}

function durationOf(record: SessionRecord | null): number | null {
  return record && record.absoluteEndAt - (record.signedInAt ?? record.createdAt);
}

function atMost(absoluteMs: number, idleMs: number): number {
  return idleMs === NO_IDLE_MS ? idleMs : Math.min(idleMs, absoluteMs);
}

function checkLifetime(timeouts: Timeouts, isPersistent: boolean): void {
  const lines = timeoutProblems(timeouts, isPersistent).map(
    ({ option, problem }) => `\n- ${option}: ${problem}`,
  );
  if (timeouts.absoluteMs <= 0)
    lines.push('\n- absolute: expected a time to come, received one that has passed.');
  if (lines.length > 0) throw new SessionOptionsError(`Wrong sign-in options:${lines.join('')}`);
}

/** A user of whom nothing but the id is known. To look for more is a {@link UserUnknown}, not an absent property. */
function byIdAlone(id: string): SessionUser {
  const refuse = (): never => {
    throw new UserUnknown();
  };
  return new Proxy<SessionUser>(
    { id },
    {
      get: (user, name) => (name === 'id' ? user.id : refuse()),
      has: (_user, name) => name === 'id' || refuse(),
      ownKeys: refuse,
    },
  );
}
