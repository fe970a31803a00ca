import { useCallback, useEffect, useState } from 'preact/hooks';
import type { Me, OwnSession, SessionEnd, User } from '../api.js';
import { ask, type Refusal, type SessionState } from '../api.js';

const TRY_AGAIN_MS = 3_000;

/** Who is signed in here, and the user's sessions as the demo tells of them. */
export interface Account {
  /**
   * - `unreachable`: the demo does not answer. `unavailable`: it does, but cannot reach its sessions
   */
  readonly phase: 'loading' | 'in' | 'out' | 'unreachable' | 'unavailable';
  readonly user: User | null;
  /** The public id of the session that is signed in. */
  readonly sessionId: string | null;
  /** `null` as long as the demo has not told. */
  readonly sessions: readonly OwnSession[] | null;
  /** Whether the list may be behind, because the demo cannot reach its sessions. */
  readonly isStale: boolean;
  /** How the session ended that was signed in here. */
  readonly end: SessionEnd | null;
  /** Someone has signed in here. */
  readonly enter: (me: Me) => void;
  /** Whoever was signed in here has signed out. */
  readonly leave: () => void;
  /** Asks again who is signed in. */
  readonly refresh: () => Promise<void>;
  readonly dismissEnd: () => void;
}

interface State {
  readonly phase: Account['phase'];
  readonly me: Me | null;
  readonly sessions: readonly OwnSession[] | null;
  readonly isStale: boolean;
  readonly end: SessionEnd | null;
}

/** Set once someone has signed in with this browser, so that the pages ask why the session ended. */
const SIGNED_IN_BEFORE = 'signed-in-before';

function wasSignedIn(): boolean {
  return localStorage.getItem(SIGNED_IN_BEFORE) !== null;
}

function rememberSignIn(): void {
  localStorage.setItem(SIGNED_IN_BEFORE, 'yes');
}

const OUT: State = { phase: 'out', me: null, sessions: null, isStale: false, end: null };

export function useAccount(): Account {
  const [state, setState] = useState<State>({ ...OUT, phase: 'loading' });
  const enter = useCallback((me: Me) => {
    rememberSignIn();
    setState({ ...OUT, phase: 'in', me });
  }, []);
  const refresh = useCallback(async () => {
    try {
      // A browser that has never signed in asks a public route first, so that its console shows no 401.
      const isVisitor = !wasSignedIn() && (await ask<SessionState>('GET', '/api/session')).userId === null;
      if (isVisitor) setState(OUT);
      else enter(await ask<Me>('GET', '/api/me'));
    } catch (error) {
      setState((before) => afterRefusal(before, error as Refusal));
    }
  }, [enter]);

  useEffect(() => void refresh(), [refresh]);
  useEffect(() => {
    if (state.phase !== 'unreachable' && state.phase !== 'unavailable') return;
    const timer = setTimeout(() => void refresh(), TRY_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [state, refresh]);
  const sessionId = state.me?.session.id ?? null;
  useEffect(() => {
    return sessionId === null ? undefined : listen(sessionId, setState, refresh);
  }, [sessionId, refresh]);

  return {
    phase: state.phase,
    user: state.me?.user ?? null,
    sessionId,
    sessions: state.sessions,
    isStale: state.isStale,
    end: state.end,
    enter,
    leave: useCallback(() => setState(OUT), []),
    refresh,
    dismissEnd: useCallback(() => setState((before) => ({ ...before, end: null })), []),
  };
}

type Update = (change: (before: State) => State) => void;

/** Listens to what the demo tells of this session, until it ends. @returns a function that stops */
function listen(sessionId: string, update: Update, refresh: () => Promise<void>): () => void {
  const stream = new EventSource('/api/events');
  /** Nothing of a session that is no longer the one that is signed in. */
  const change = (to: Partial<State>) =>
    update((before) => (before.me?.session.id === sessionId ? { ...before, ...to } : before));
  stream.addEventListener('sessions', (event) => {
    change({ sessions: JSON.parse(event.data as string) as OwnSession[], isStale: false });
  });
  stream.addEventListener('unavailable', () => change({ isStale: true }));
  stream.addEventListener('ended', (event) => {
    stream.close();
    const end = JSON.parse(event.data as string) as SessionEnd;
    // Under another id: this browser has signed in again, or changed its password.
    if (end.reason === 'replaced') void refresh();
    else change({ ...OUT, end });
  });
  stream.addEventListener('error', () => {
    change({ isStale: true });
    // Where the connection broke, the browser connects again by itself. Here the demo has refused.
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => void refresh(), TRY_AGAIN_MS);
  });
  return () => stream.close();
}

function afterRefusal(before: State, refusal: Refusal): State {
  if (refusal.status !== 401) {
    const phase = refusal.status === 0 ? 'unreachable' : 'unavailable';
    return { ...before, phase: before.me ? before.phase : phase, isStale: true };
  }
  const { reason = 'anonymous', at, by } = refusal.body;
  if (reason === 'anonymous' || (reason === 'signed-out' && !before.me)) return OUT;
  return { ...OUT, end: { reason, ...(at && { at }), ...(by && { by }) } };
}
