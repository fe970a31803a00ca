import { useState } from 'preact/hooks';
import type { ApiError, OwnSession } from '../api.js';
import { callApi } from '../api.js';
import type { PageProps } from '../page-props.js';
import type { Attempt } from '../parts/change-password.js';
import { ChangePassword } from '../parts/change-password.js';
import { NeedSignIn } from '../parts/need-sign-in.js';
import { Notice } from '../parts/notice.js';
import { PageHead } from '../parts/page-head.js';
import { SessionList } from '../parts/session-list.js';
import { SignInForm } from '../parts/sign-in-form.js';
import type { Account } from '../state/use-account.js';
import { useNow } from '../state/use-now.js';
import { formatCount } from '../words.js';

export function DevicesPage({ account }: PageProps) {
  return (
    <>
      <PageHead title="Your devices">
        Every device that is signed in to your account. Sign in with a second browser and it appears here;
        sign it out, and that browser is notified at once.
      </PageHead>
      {account.user ? (
        <Devices account={account} />
      ) : (
        <NeedSignIn account={account}>Sign in to see your devices.</NeedSignIn>
      )}
    </>
  );
}

interface Outcome {
  readonly tone: 'good' | 'bad';
  readonly text: string;
}

function Devices({ account }: { readonly account: Account }) {
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  /** The action that waits for the password, because the sign-in is not recent. */
  const [waiting, setWaiting] = useState<(() => Promise<void>) | null>(null);

  async function attempt(act: () => Promise<string>): Promise<void> {
    try {
      setOutcome({ tone: 'good', text: await act() });
      setWaiting(null);
    } catch (error) {
      const { status, body, message } = error as ApiError;
      if (body.reason === 'sign-in-not-recent') setWaiting(() => () => attempt(act));
      // An ended session is reported above all pages.
      else if (status !== 401) setOutcome({ tone: 'bad', text: message });
    }
  }

  return (
    <>
      {outcome && <Notice tone={outcome.tone}>{outcome.text}</Notice>}
      {waiting && (
        <section class="card" aria-labelledby="confirm">
          <h2 id="confirm">Confirm your password</h2>
          <p>Your last sign-in is too long ago for this action. Please sign in again to continue.</p>
          <SignInForm
            fixedUsername={account.user?.username ?? ''}
            label="Confirm and continue"
            onSignedIn={(me) => {
              account.enter(me);
              void waiting();
            }}
          />
        </section>
      )}
      <OwnSessions account={account} attempt={attempt} />
      <ChangePassword attempt={attempt} />
    </>
  );
}

function OwnSessions({ account, attempt }: { readonly account: Account; readonly attempt: Attempt }) {
  const now = useNow();
  const { sessions } = account;
  if (sessions === null)
    return (
      <p class="card muted" aria-busy="true">
        Loading your sessions …
      </p>
    );

  const others = sessions.filter((each) => !each.current);
  const currentFirst = [...sessions.filter((each) => each.current), ...others];
  const signOut = (session: OwnSession) =>
    attempt(async () => {
      await callApi('DELETE', `/api/sessions/${session.id}`);
      return `Signed out ${session.device ?? 'the unknown device'}.`;
    });
  const signOutOthers = () =>
    attempt(async () => {
      const { revoked } = await callApi<{ revoked: number }>('POST', '/api/sessions/revoke-others');
      return `Signed out ${formatCount(revoked, 'other session')}.`;
    });

  return (
    <section class="card" aria-labelledby="sessions">
      <div class="card-head">
        <h2 id="sessions">{formatCount(sessions.length, 'session')}</h2>
        <button
          type="button"
          class="secondary"
          disabled={others.length === 0}
          onClick={() => void signOutOthers()}
        >
          Sign out everywhere else
        </button>
      </div>
      {account.isStale && (
        <p class="muted">The session store is unavailable. This list may be out of date.</p>
      )}
      <SessionList
        sessions={currentFirst}
        now={now}
        badge={(session) => (session.current ? 'This device' : null)}
        action={(session) =>
          !session.current && (
            <button
              type="button"
              class="secondary small"
              aria-label={`Sign out ${session.device ?? 'unknown device'}`}
              onClick={() => void signOut(session)}
            >
              Sign out
            </button>
          )
        }
      />
      {others.length === 0 && (
        <p class="muted hint-line">
          You have no other sessions. Sign in as {account.user?.username} in another browser or in a private
          window.
        </p>
      )}
    </section>
  );
}
