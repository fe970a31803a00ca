import { useCallback, useEffect, useState } from 'preact/hooks';
import type { Me, OwnSession, SessionEnd, SessionState, User } from '../api.js';
import { type ApiError, callApi } from '../api.js';
import { readLastUsername, rememberUsername } from './last-username.js';

const RETRY_MS = 3_000;

/** The change of the session id at the latest sign-in or sign-out. */
export interface Transition {
  readonly kind: 'sign-in' | 'sign-out';
  readonly before: string | null;
  readonly after: string | null;
}

/** The user of this browser, the user's sessions and what the pages can do about them. */
export interface Account {
  /** `unreachable`: the demo does not respond. `unavailable`: the demo responds, but its session store does not. */
  readonly status: 'loading' | 'signed-in' | 'signed-out' | 'unreachable' | 'unavailable';
  readonly user: User | null;
  /** The public id of the session that is signed in. */
  readonly sessionId: string | null;
  /** `null` until the first list has arrived. */
  readonly sessions: readonly OwnSession[] | null;
  /** True if the list may be out of date, because the session store is unavailable. */
  readonly isStale: boolean;
  /** The end of the session that was signed in here. */
  readonly end: SessionEnd | null;
  readonly transition: Transition | null;
  /** The reason why the latest sign-out failed. The session is then still signed in. */
  readonly signOutError: string | null;
  /** The user who signed in last in this browser. */
  readonly lastUsername: string | null;
  /** Records a sign-in. `before` is the id of the previous session; the id of the signed-in session by default. */
  readonly enter: (me: Me, before?: string | null) => void;
  readonly signOut: () => Promise<void>;
  /** Requests the signed-in user again. */
  readonly refresh: () => Promise<void>;
  readonly dismissEnd: () => void;
}

interface State extends Pick<
  Account,
  'status' | 'sessions' | 'isStale' | 'end' | 'transition' | 'signOutError'
> {
  readonly me: Me | null;
}

const SIGNED_OUT: State = {
  status: 'signed-out',
  me: null,
  sessions: null,
  isStale: false,
  end: null,
  transition: null,
  signOutError: null,
};

export function useAccount(): Account {
  const [state, setState] = useState<State>({ ...SIGNED_OUT, status: 'loading' });
  const sessionId = state.me?.session.id ?? null;
  const refresh = useRefresh(setState);
  useRetry(state, refresh);
  useEffect(() => {
    return sessionId === null ? undefined : listen(sessionId, setState, refresh);
  }, [sessionId, refresh]);

  const enter = useCallback((me: Me, before?: string | null) => {
    rememberUsername(me.user.username);
    setState((last) => ({
      ...signedIn(me),
      transition: {
        kind: 'sign-in',
        before: before ?? last.me?.session.id ?? null,
        after: me.session.id,
      },
    }));
  }, []);
  const signOut = useCallback(async () => {
    try {
      await callApi('POST', '/api/logout');
      const transition: Transition = { kind: 'sign-out', before: sessionId, after: null };
      setState({ ...SIGNED_OUT, transition });
    } catch (error) {
      setState((last) => ({ ...last, signOutError: (error as ApiError).message }));
    }
  }, [sessionId]);

  const { me, ...shown } = state;
  return {
    ...shown,
    user: me?.user ?? null,
    sessionId,
    lastUsername: me?.user.username ?? readLastUsername(),
    enter,
    signOut,
    refresh,
    dismissEnd: useCallback(() => setState((last) => ({ ...last, end: null })), []),
  };
}

type Update = (change: (last: State) => State) => void;

function useRefresh(setState: Update): () => Promise<void> {
  const refresh = useCallback(async () => {
    try {
      // A browser without an earlier sign-in calls a public route first, so that its console shows no 401.
      const isVisitor =
        readLastUsername() === null && (await callApi<SessionState>('GET', '/api/session')).userId === null;
      const me = isVisitor ? null : await callApi<Me>('GET', '/api/me');
      if (me) rememberUsername(me.user.username);
      setState(() => (me ? signedIn(me) : SIGNED_OUT));
    } catch (error) {
      setState((last) => afterError(last, error as ApiError));
    }
  }, [setState]);
  useEffect(() => void refresh(), [refresh]);
  return refresh;
}

function useRetry(state: State, refresh: () => Promise<void>): void {
  useEffect(() => {
    if (state.status !== 'unreachable' && state.status !== 'unavailable') return;
    const timer = setTimeout(() => void refresh(), RETRY_MS);
    return () => clearTimeout(timer);
  }, [state, refresh]);
}

/** Subscribes to the events of this session until its end. @returns a function that unsubscribes */
function listen(sessionId: string, update: Update, refresh: () => Promise<void>): () => void {
  const stream = new EventSource('/api/events');
  /** Ignores events of a session that is no longer the signed-in one. */
  const change = (to: Partial<State>) =>
    update((last) => (last.me?.session.id === sessionId ? { ...last, ...to } : last));
  stream.addEventListener('sessions', (event) => {
    change({ sessions: JSON.parse(event.data as string) as OwnSession[], isStale: false });
  });
  stream.addEventListener('unavailable', () => change({ isStale: true }));
  stream.addEventListener('ended', (event) => {
    stream.close();
    const end = JSON.parse(event.data as string) as SessionEnd;
    // The session continues under another id: this browser has signed in again, or changed its password.
    if (end.reason === 'replaced') void refresh();
    else change({ ...SIGNED_OUT, end });
  });
  stream.addEventListener('error', () => {
    change({ isStale: true });
    // The browser reconnects a broken connection by itself. A closed one means that the demo rejected the request.
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => void refresh(), RETRY_MS);
  });
  return () => stream.close();
}

function signedIn(me: Me): State {
  return { ...SIGNED_OUT, status: 'signed-in', me };
}

function afterError(last: State, error: ApiError): State {
  if (error.status !== 401) {
    const status = error.status === 0 ? 'unreachable' : 'unavailable';
    return { ...last, status: last.me ? last.status : status, isStale: true };
  }
  const { reason = 'anonymous', at, by } = error.body;
  if (reason === 'anonymous' || (reason === 'signed-out' && !last.me)) return SIGNED_OUT;
  return { ...SIGNED_OUT, end: { reason, ...(at && { at }), ...(by && { by }) } };
}
