import { useCallback, useEffect, useState } from 'preact/hooks';
import type { SessionFacts, User } from '../api.js';
import { ask, type Refusal } from '../api.js';
import { useNow } from '../state/use-now.js';
import { Notice } from './notice.js';
import { SessionList } from './session-list.js';

type Found = User & { readonly sessions: number };

/** Finds a user, shows the user's sessions and ends them. */
export function FindUser() {
  const [text, setText] = useState('');
  const [found, setFound] = useState<readonly Found[] | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const [failure, setFailure] = useState<string | null>(null);

  const search = useCallback(async () => {
    try {
      setFound(await ask<Found[]>('GET', `/api/admin/users?search=${encodeURIComponent(text)}`));
      setFailure(null);
    } catch (error) {
      setFailure((error as Refusal).message);
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
        <span>Name, or its beginning</span>
        <input
          type="search"
          autocapitalize="none"
          spellcheck={false}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      {failure && <Notice tone="bad">{failure}</Notice>}
      {found?.length === 0 && <p class="muted hint-line">No user’s name begins with “{text}”.</p>}
      <div class="chips" role="group" aria-label="Users found">
        {found?.map(({ id, username, sessions }) => (
          <button
            key={id}
            type="button"
            class="chip"
            aria-pressed={id === chosen}
            onClick={() => setChosen(id)}
          >
            <strong>{username}</strong> <span>{sessions === 1 ? '1 session' : `${sessions} sessions`}</span>
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
  const [sessions, setSessions] = useState<readonly SessionFacts[] | null>(null);
  const [failure, setFailure] = useState<string | null>(null);

  async function attempt(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
      setFailure(null);
    } catch (error) {
      setFailure((error as Refusal).message);
    }
    setSessions(await ask<SessionFacts[]>('GET', path).catch(() => []));
    onChange();
  }
  useEffect(() => {
    ask<SessionFacts[]>('GET', path).then(setSessions, (error: Refusal) => setFailure(error.message));
  }, [path]);

  return (
    <section class="user-sessions" aria-labelledby="user-sessions">
      <div class="card-head">
        <h3 id="user-sessions">Sessions of {userId}</h3>
        <button
          type="button"
          class="secondary"
          disabled={!sessions?.length}
          onClick={() => void attempt(() => ask('DELETE', path))}
        >
          End them all
        </button>
      </div>
      {failure && <Notice tone="bad">{failure}</Notice>}
      {sessions === null && !failure && (
        <p class="muted" aria-busy="true">
          Asking …
        </p>
      )}
      {sessions?.length === 0 && <p class="muted">None. This user is signed in nowhere.</p>}
      <SessionList
        sessions={sessions ?? []}
        now={now}
        action={(session) => (
          <button
            type="button"
            class="secondary"
            aria-label={`End ${session.device ?? 'unknown device'} of ${userId}`}
            onClick={() => void attempt(() => ask('DELETE', `${path}/${session.id}`))}
          >
            End
          </button>
        )}
      />
    </section>
  );
}
