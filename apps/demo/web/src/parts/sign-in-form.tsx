import { useState } from 'preact/hooks';
import type { ApiError, Me } from '../api.js';
import { callApi } from '../api.js';
import { MakeRoom, type SignInChoice } from './make-room.js';
import { Notice } from './notice.js';

const USERS = [
  { name: 'alice', about: 'regular user' },
  { name: 'bob', about: 'regular user' },
  { name: 'solo', about: 'one session at a time' },
  { name: 'admin', about: 'administrator' },
] as const;

interface Props {
  /** The user who signs in again. The form then has no field for the username. */
  readonly fixedUsername?: string;
  /** The username that the form starts with. */
  readonly initialUsername?: string | null;
  readonly label?: string;
  readonly onSignedIn: (me: Me) => void;
}

/** Signs a user in with a password. When the limit rejects the sign-in, the user chooses a session to end. */
export function SignInForm({ fixedUsername, initialUsername, label = 'Sign in', onSignedIn }: Props) {
  const [username, setUsername] = useState(fixedUsername ?? initialUsername ?? 'alice');
  const [password, setPassword] = useState('password');
  const [error, setError] = useState<ApiError | null>(null);
  const [isBusy, setBusy] = useState(false);

  async function signIn(choice: SignInChoice = {}): Promise<void> {
    setBusy(true);
    try {
      const me = await callApi<Me>('POST', '/api/login', { username, password, ...choice });
      setError(null);
      onSignedIn(me);
    } catch (failure) {
      setError(failure as ApiError);
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
        {fixedUsername === undefined && <UserFields username={username} onChoose={setUsername} />}
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
          <span class="hint">The password of every demo user is “password”.</span>
        </label>
        <button type="submit" disabled={isBusy}>
          {isBusy ? 'Signing in …' : label}
        </button>
      </form>
      {error && error.status !== 409 && (
        <Notice tone="bad" title="The sign-in failed">
          {error.message}
        </Notice>
      )}
      {error?.status === 409 && (
        <MakeRoom error={error} isBusy={isBusy} onChoose={(choice) => void signIn(choice)} />
      )}
    </>
  );
}

interface UserFieldsProps {
  readonly username: string;
  readonly onChoose: (name: string) => void;
}

function UserFields({ username, onChoose }: UserFieldsProps) {
  return (
    <>
      <fieldset class="user-cards">
        <legend>Choose a demo user</legend>
        {USERS.map(({ name, about }) => (
          <button
            key={name}
            type="button"
            class="user-card"
            aria-pressed={name === username}
            onClick={() => onChoose(name)}
          >
            <strong>{name}</strong> <span>{about}</span>
          </button>
        ))}
      </fieldset>
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
    </>
  );
}
