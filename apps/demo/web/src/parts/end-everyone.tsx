import { useRef, useState } from 'preact/hooks';
import { type ApiError, callApi } from '../api.js';
import type { Account } from '../state/use-account.js';
import { formatCount } from '../words.js';
import { Notice } from './notice.js';
import { SignInForm } from './sign-in-form.js';

interface Props {
  readonly account: Account;
  /** Called after sessions have ended, even when some of them could not be ended. */
  readonly onEnded: () => void;
}

interface Outcome {
  readonly tone: 'good' | 'bad';
  readonly text: string;
}

/**
 * Ends the sessions of all users after the administrator has confirmed it, with the password when the sign-in is not
 * recent.
 */
export function EndEveryone({ account, onEnded }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [keepMine, setKeepMine] = useState(true);
  const [isBusy, setBusy] = useState(false);
  const [needsPassword, setNeedsPassword] = useState(false);
  const [outcome, setOutcome] = useState<Outcome | null>(null);

  async function end(): Promise<void> {
    setBusy(true);
    try {
      const { revoked } = await callApi<{ revoked: number }>('POST', '/api/admin/revoke-everyone', {
        keepMine,
      });
      setOutcome({ tone: 'good', text: `Signed out ${formatCount(revoked, 'session')}.` });
      setNeedsPassword(false);
      dialog.current?.close();
      onEnded();
    } catch (error) {
      const { body, message } = error as ApiError;
      if (body.reason === 'sign-in-not-recent') setNeedsPassword(true);
      else {
        setOutcome({ tone: 'bad', text: message });
        dialog.current?.close();
        onEnded();
      }
    } finally {
      setBusy(false);
    }
  }

  return (
    <section class="card" aria-labelledby="everyone">
      <h2 id="everyone">Sign out all users</h2>
      <p>
        For use after a security breach. Ends every existing session on all processes, including the sessions
        of visitors who are not signed in.
      </p>
      {outcome && (
        <Notice
          tone={outcome.tone}
          {...(outcome.tone === 'bad' && { title: 'Some sessions may still exist' })}
        >
          {outcome.text}
          {outcome.tone === 'bad' && ' Run it again to end the remaining sessions.'}
        </Notice>
      )}
      <div class="actions">
        <button
          type="button"
          class="danger"
          onClick={() => {
            setNeedsPassword(false);
            dialog.current?.showModal();
          }}
        >
          Sign out all users …
        </button>
      </div>
      <dialog ref={dialog} class="dialog" aria-labelledby="everyone-title">
        <h2 id="everyone-title">Sign out all users?</h2>
        {needsPassword ? (
          <>
            <p>Your last sign-in was more than five minutes ago. Confirm your password to continue.</p>
            <SignInForm
              fixedUsername={account.user?.username ?? ''}
              label="Confirm and sign out all users"
              onSignedIn={(me) => {
                account.enter(me);
                void end();
              }}
            />
          </>
        ) : (
          <>
            <p>Every user is signed out on every device, and can sign in again. This cannot be undone.</p>
            <label class="radio">
              <input
                type="checkbox"
                checked={keepMine}
                onChange={(event) => setKeepMine(event.currentTarget.checked)}
              />
              <span>
                <strong>Keep my current session.</strong>{' '}
                <span class="muted">
                  Your other devices are signed out. Clear this box if the cookie of this browser may be
                  stolen too.
                </span>
              </span>
            </label>
          </>
        )}
        <div class="actions">
          {!needsPassword && (
            <button type="button" class="danger" disabled={isBusy} onClick={() => void end()}>
              {isBusy ? 'Signing out …' : 'Yes, sign out all users'}
            </button>
          )}
          <button type="button" class="secondary" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </div>
      </dialog>
    </section>
  );
}
