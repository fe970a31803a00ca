import { useCallback, useEffect, useState } from 'preact/hooks';
import type { ApiError, SessionInfo, User } from '../api.js';
import { callApi } from '../api.js';
import { useNow } from '../state/use-now.js';
import { formatCount } from '../words.js';
import { Notice } from './notice.js';
import { SessionList } from './session-list.js';

type FoundUser = User & { readonly sessions: number };

/** Finds users by their names, and lists and ends the sessions of one of them. */
export function FindUser() {
  const [text, setText] = useState('');
  const [found, setFound] = useState<readonly FoundUser[] | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const [failure, setFailure] = useState<string | null>(null);

  const search = useCallback(async () => {
    try {
      setFound(await callApi<FoundUser[]>('GET', `/api/admin/users?search=${encodeURIComponent(text)}`));
      setFailure(null);
    } catch (error) {
      setFailure((error as ApiError).message);
    }
  }, [text]);
  useEffect(() => {
    const timer = setTimeout(() => void search(), 200);
    return () => clearTimeout(timer);
  }, [search]);

  return (
    <section class="card" aria-labelledby="find">
      <h2 id="find">Find a user</h2>
      <label class="field">
        <span>Username, or its first letters</span>
        <input
          type="search"
          autocapitalize="none"
          spellcheck={false}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      {failure && <Notice tone="bad">{failure}</Notice>}
      {found?.length === 0 && <p class="muted hint-line">No username starts with “{text}”.</p>}
      <div class="user-cards" role="group" aria-label="Users found">
        {found?.map(({ id, username, sessions }) => (
          <button
            key={id}
            type="button"
            class="user-card"
            aria-pressed={id === chosen}
            onClick={() => setChosen(id)}
          >
            <strong>{username}</strong> <span>{formatCount(sessions, 'session')}</span>
          </button>
        ))}
      </div>
      {chosen && found?.some(({ id }) => id === chosen) && (
        <UserSessions key={chosen} userId={chosen} onChange={() => void search()} />
      )}
    </section>
  );
}

function UserSessions({ userId, onChange }: { readonly userId: string; readonly onChange: () => void }) {
  const now = useNow();
  const path = `/api/admin/users/${encodeURIComponent(userId)}/sessions`;
  const [sessions, setSessions] = useState<readonly SessionInfo[] | null>(null);
  const [failure, setFailure] = useState<string | null>(null);

  async function attempt(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
      setFailure(null);
    } catch (error) {
      setFailure((error as ApiError).message);
    }
    setSessions(await callApi<SessionInfo[]>('GET', path).catch(() => []));
    onChange();
  }
  useEffect(() => {
    callApi<SessionInfo[]>('GET', path).then(setSessions, (error: ApiError) => setFailure(error.message));
  }, [path]);

  return (
    <section class="user-sessions" aria-labelledby="user-sessions">
      <div class="card-head">
        <h3 id="user-sessions">Sessions of {userId}</h3>
        <button
          type="button"
          class="secondary"
          disabled={!sessions?.length}
          onClick={() => void attempt(() => callApi('DELETE', path))}
        >
          Sign out everywhere
        </button>
      </div>
      {failure && <Notice tone="bad">{failure}</Notice>}
      {sessions === null && !failure && (
        <p class="muted" aria-busy="true">
          Loading …
        </p>
      )}
      {sessions?.length === 0 && <p class="muted">This user is not signed in.</p>}
      <SessionList
        sessions={sessions ?? []}
        now={now}
        action={(session) => (
          <button
            type="button"
            class="secondary small"
            aria-label={`Sign out ${session.device ?? 'unknown device'} of ${userId}`}
            onClick={() => void attempt(() => callApi('DELETE', `${path}/${session.id}`))}
          >
            Sign out
          </button>
        )}
      />
    </section>
  );
}
