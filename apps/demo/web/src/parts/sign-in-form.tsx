import { useState } from 'preact/hooks';
import type { Me, SessionFacts } from '../api.js';
import { ask, type Refusal } from '../api.js';
import { useNow } from '../state/use-now.js';
import { Notice } from './notice.js';
import { SessionList } from './session-list.js';

const USERS = [
  { name: 'alice', about: 'a user' },
  { name: 'bob', about: 'another user' },
  { name: 'solo', about: 'one session at a time' },
  { name: 'admin', about: 'sees the live view' },
] as const;

interface Props {
  /** Who signs in, where that is settled: the form then asks for the password only. */
  readonly username?: string;
  readonly label?: string;
  readonly onSignedIn: (me: Me) => void;
}

interface Choice {
  readonly end?: string;
  readonly onExceed?: string;
}

/** Asks for a username and a password, and where the limit refuses, which session shall make room. */
export function SignInForm({ username: fixed, label = 'Sign in', onSignedIn }: Props) {
  const [username, setUsername] = useState(fixed ?? 'alice');
  const [password, setPassword] = useState('password');
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [isBusy, setBusy] = useState(false);

  async function signIn(choice: Choice = {}): Promise<void> {
    setBusy(true);
    try {
      const me = await ask<Me>('POST', '/api/login', { username: fixed ?? username, password, ...choice });
      setRefusal(null);
      onSignedIn(me);
    } catch (error) {
      setRefusal(error as Refusal);
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void signIn();
        }}
      >
        {fixed === undefined && <UserChoice username={username} onChoose={setUsername} />}
        <label class="field">
          <span>Password</span>
          <input
            type="password"
            name="password"
            autocomplete="current-password"
            required
            value={password}
            onInput={(event) => setPassword(event.currentTarget.value)}
          />
          <span class="hint">Every user’s password is “password”, until one changes it.</span>
        </label>
        <button type="submit" disabled={isBusy}>
          {isBusy ? 'Signing in …' : label}
        </button>
      </form>
      {refusal && refusal.status !== 409 && (
        <Notice tone="bad" title="Not signed in">
          {refusal.message}
        </Notice>
      )}
      {refusal?.status === 409 && (
        <MakeRoom refusal={refusal} isBusy={isBusy} onChoose={(choice) => void signIn(choice)} />
      )}
    </>
  );
}

function UserChoice({
  username,
  onChoose,
}: {
  readonly username: string;
  readonly onChoose: (name: string) => void;
}) {
  return (
    <>
      <label class="field">
        <span>Username</span>
        <input
          name="username"
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
          value={username}
          onInput={(event) => onChoose(event.currentTarget.value)}
        />
      </label>
      <div class="chips" role="group" aria-label="Users of the demo">
        {USERS.map(({ name, about }) => (
          <button
            key={name}
            type="button"
            class="chip"
            aria-pressed={name === username}
            onClick={() => onChoose(name)}
          >
            <strong>{name}</strong> <span>{about}</span>
          </button>
        ))}
      </div>
    </>
  );
}

interface MakeRoomProps {
  readonly refusal: Refusal;
  readonly isBusy: boolean;
  readonly onChoose: (choice: Choice) => void;
}

/** The limit has refused: which session shall end? */
export function MakeRoom({ refusal, isBusy, onChoose }: MakeRoomProps) {
  const now = useNow();
  const sessions: readonly SessionFacts[] = refusal.body.sessions ?? [];
  return (
    <section class="make-room" aria-label="Make room">
      <Notice tone="bad" title={`The limit is reached: ${refusal.body.max} at a time`}>
        Nothing has changed yet. Choose a session to end, and the sign-in goes on.
      </Notice>
      <SessionList
        sessions={sessions}
        now={now}
        action={(session) => (
          <button
            type="button"
            class="secondary"
            disabled={isBusy}
            onClick={() => onChoose({ end: session.id })}
          >
            End it and sign in
          </button>
        )}
      />
      <button
        type="button"
        class="quiet"
        disabled={isBusy}
        onClick={() => onChoose({ onExceed: 'evict-oldest' })}
      >
        Sign in all the same, and end the oldest
      </button>
    </section>
  );
}
