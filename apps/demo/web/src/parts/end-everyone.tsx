import { useRef, useState } from 'preact/hooks';
import { ask, type Refusal } from '../api.js';
import type { Account } from '../state/use-account.js';
import { Notice } from './notice.js';
import { SignInForm } from './sign-in-form.js';

interface Props {
  readonly account: Account;
  /** Sessions have ended, maybe not all. */
  readonly onEnded: () => void;
}

interface Outcome {
  readonly tone: 'good' | 'bad';
  readonly text: string;
}

/** Ends the sessions of everybody, once the administrator has confirmed it, and if need be with the password. */
export function EndEveryone({ account, onEnded }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [keepMine, setKeepMine] = useState(true);
  const [isBusy, setBusy] = useState(false);
  const [needsPassword, setNeedsPassword] = useState(false);
  const [outcome, setOutcome] = useState<Outcome | null>(null);

  async function end(): Promise<void> {
    setBusy(true);
    try {
      const { revoked } = await ask<{ revoked: number }>('POST', '/api/admin/revoke-everyone', { keepMine });
      setOutcome({ tone: 'good', text: revoked === 1 ? 'Ended one session.' : `Ended ${revoked} sessions.` });
      setNeedsPassword(false);
      dialog.current?.close();
      onEnded();
    } catch (error) {
      const { body, message } = error as Refusal;
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
      <h2 id="everyone">End the sessions of everybody</h2>
      <p>
        What you do after a breach: every session that exists now is ended, on each process and each master of
        a Cluster, also one that changes its id meanwhile. Carts of visitors who are not signed in go too.
      </p>
      {outcome && (
        <Notice tone={outcome.tone} {...(outcome.tone === 'bad' && { title: 'Not all are ended' })}>
          {outcome.text}
          {outcome.tone === 'bad' && ' Some sessions may have ended. Try again: it begins anew.'}
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
          End all sessions of everybody …
        </button>
      </div>
      <dialog ref={dialog} class="dialog" aria-labelledby="everyone-title">
        <h2 id="everyone-title">End all sessions of everybody?</h2>
        {needsPassword ? (
          <>
            <p>Your sign-in is more than five minutes ago. Is it still you?</p>
            <SignInForm
              username={account.user?.username ?? ''}
              label="Confirm and end them all"
              onSignedIn={(me) => {
                account.enter(me);
                void end();
              }}
            />
          </>
        ) : (
          <>
            <p>
              Everybody is signed out at once, with all their devices, and can sign in again. There is no way
              back.
            </p>
            <label class="radio">
              <input
                type="checkbox"
                checked={keepMine}
                onChange={(event) => setKeepMine(event.currentTarget.checked)}
              />
              <span>
                <strong>Keep this session of mine.</strong>{' '}
                <span class="muted">
                  Only this one, not my other devices. Untick it where this cookie may be stolen too.
                </span>
              </span>
            </label>
          </>
        )}
        <div class="actions">
          {!needsPassword && (
            <button type="button" class="danger" disabled={isBusy} onClick={() => void end()}>
              {isBusy ? 'Ending them …' : 'Yes, end them all'}
            </button>
          )}
          <button type="button" class="secondary" onClick={() => dialog.current?.close()}>
            Leave them
          </button>
        </div>
      </dialog>
    </section>
  );
}
