import type {
  SessionActivity,
  TimeoutQuestion,
  TimeoutSource,
  TimeoutPolicy,
} from '../runtime/timeout-policy.js';
import { SessionOptionsError } from '../errors/errors.js';
import type { Timeouts } from '../record/expiry.js';
import { NO_IDLE_MS, timeoutProblems } from '../record/expiry.js';
import type { SessionState } from './session-state.js';
import type { OwnLifetime, SessionRecord } from '../store/store.js';
import type { SessionUser } from '../runtime/user.js';
import { userIdOf } from '../runtime/user.js';

/** The lifetime settings of a sign-in. Without a setting, a session of the same user keeps its own. */
export interface LifetimeChoice {
  readonly timeouts?: Partial<TimeoutPolicy>;
  /** Time at which the session ends, in milliseconds since 1970, instead of an absolute timeout. */
  readonly absoluteEndAt?: number;
  /** Time of the sign-in, in milliseconds since 1970; by default now. */
  readonly signedInAt?: number;
  readonly persistent?: boolean;
}

/** The lifetime of a session from a sign-in on. */
export interface Lifetime {
  readonly timeouts: Timeouts;
  /** `undefined` for the absolute timeout from now on. */
  readonly absoluteEndAt: number | undefined;
  readonly persistent: boolean;
  /** The parts that the sign-in set for this session alone; `undefined` for none. */
  readonly own: readonly OwnLifetime[] | undefined;
}

/** Thrown if a function of the application reads more of a user than the ID, which alone is known. */
export class UserUnknown extends Error {}

/** Returns the timeouts of an anonymous session. */
export async function lifetimeAtCreation(work: SessionState): Promise<Timeouts> {
  const question = { user: null, record: null, activity: null };
  const { timeouts } = work.runtime.anonymous;
  const absoluteMs = await ask(timeouts.absoluteMs, question);
  return { idleMs: atMost(absoluteMs, await ask(timeouts.idleMs, question)), absoluteMs };
}

/**
 * Returns the lifetime of a sign-in: its own settings, else those of the session of the same user, else those of the module.
 * A fresh authentication moves the absolute end by the session's own absolute timeout, unless the end was set as a time.
 *
 * @throws SessionOptionsError when the settings contradict each other
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
  const absolute =
    end === null
      ? (choice.timeouts?.absoluteMs ?? durationOf(kept) ?? runtime.timeouts.absoluteMs)
      : end - runtime.store.now();
  const absoluteMs = typeof absolute === 'function' ? await absolute(question) : absolute;
  const idle = choice.timeouts?.idleMs ?? kept?.idleMs ?? runtime.timeouts.idleMs;
  const idleMs = typeof idle === 'function' ? await idle(question) : idle;
  const persistent = choice.persistent ?? kept?.persistent ?? runtime.persistent;
  const isIdleOwn = choice.timeouts?.idleMs !== undefined || kept?.own?.includes('idle') === true;
  // An idle timeout that the sign-in sets is checked; any other is shortened to the absolute timeout.
  const isIdleAsked = typeof choice.timeouts?.idleMs === 'number';
  const timeouts = { idleMs: isIdleAsked ? idleMs : atMost(absoluteMs, idleMs), absoluteMs };
  checkLifetime(timeouts, persistent);
  const { signedInAt } = choice;
  const absoluteEndAt = end ?? (signedInAt === undefined ? undefined : signedInAt + absoluteMs);
  return { timeouts, absoluteEndAt, persistent, own: ownLifetime(isIdleOwn, isEndFixed) };
}

function ownLifetime(isIdleOwn: boolean, isEndOwn: boolean): readonly OwnLifetime[] | undefined {
  if (!isIdleOwn && !isEndOwn) return undefined;
  return (['idle', 'end'] as const).filter((part) => (part === 'idle' ? isIdleOwn : isEndOwn));
}

/** Returns true if activity may change the idle timeout of a session, because a function of the application returns it. */
export function isIdleAsked(work: SessionState, { userId, own }: SessionRecord): boolean {
  const { timeouts } = userId === null ? work.runtime.anonymous : work.runtime;
  return typeof timeouts.idleMs === 'function' && !own?.includes('idle');
}

/**
 * Returns a session with its idle timeout after this activity. If the function of the application fails, or needs more of the
 * user than is known, the session keeps its idle timeout, so that no failure lengthens a session.
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

/** Calls the function with the user's ID alone, and again with the loaded user if the ID was not enough. */
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

/**
 * Returns the session that a sign-in of this user continues; also one that the request has just started over, as passport does.
 */
function keptSession({ record, startedOver }: SessionState, userId: string): SessionRecord | null {
  if (record?.userId === userId) return record;
  return startedOver?.userId === userId ? startedOver : null;
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
  const problems = timeoutProblems(timeouts, isPersistent);
  if (problems.length === 0 && timeouts.absoluteMs > 0) return;
  const lines = problems.map(({ option, problem }) => `\n- ${option}: ${problem}`);
  if (timeouts.absoluteMs <= 0)
    lines.push('\n- absolute: expected a time to come, received one that has passed.');
  throw new SessionOptionsError(`Wrong sign-in options:${lines.join('')}`);
}

/**
 * Returns a user with an ID alone. Reading anything else throws {@link UserUnknown} instead of returning `undefined`.
 */
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
