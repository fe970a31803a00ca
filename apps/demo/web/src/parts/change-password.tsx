import { useState } from 'preact/hooks';
import { callApi } from '../api.js';
import { formatCount } from '../words.js';

/** Runs an action, and reports its result. An action that needs a recent sign-in runs after the user has confirmed it. */
export type Attempt = (act: () => Promise<string>) => Promise<void>;

/** Changes the user's password. The demo then rotates the token of this session and revokes the other sessions. */
export function ChangePassword({ attempt }: { readonly attempt: Attempt }) {
  const [currentPassword, setCurrentPassword] = useState('');
  const [password, setPassword] = useState('');
  const change = () =>
    attempt(async () => {
      const body = { currentPassword, password };
      const { revoked } = await callApi<{ revoked: number }>('PUT', '/api/password', body);
      setCurrentPassword('');
      setPassword('');
      return `Password changed. This session has a new token, and ${formatCount(revoked, 'other session')} ended.`;
    });
  return (
    <section class="card" aria-labelledby="password-title">
      <h2 id="password-title">Change your password</h2>
      <p>
        Requires a sign-in in the last five minutes. Signs out all other devices. Passwords reset when the
        demo restarts.
      </p>
      <form
        class="form row"
        onSubmit={(event) => {
          event.preventDefault();
          void change();
        }}
      >
        <label class="field">
          <span>Current password</span>
          <input
            type="password"
            autocomplete="current-password"
            required
            maxLength={128}
            value={currentPassword}
            onInput={(event) => setCurrentPassword(event.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>New password</span>
          <input
            type="password"
            autocomplete="new-password"
            required
            minLength={8}
            maxLength={128}
            value={password}
            onInput={(event) => setPassword(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="secondary">
          Change password
        </button>
      </form>
    </section>
  );
}
