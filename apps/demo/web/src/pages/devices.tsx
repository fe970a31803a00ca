import { useState } from 'preact/hooks';
import type { PageProps } from '../page-props.js';
import type { OwnSession } from '../api.js';
import { ask, type Refusal } from '../api.js';
import { NeedSignIn } from '../parts/need-sign-in.js';
import { Notice } from '../parts/notice.js';
import { PageHead } from '../parts/page-head.js';
import { SessionList } from '../parts/session-list.js';
import { SignInForm } from '../parts/sign-in-form.js';
import type { Account } from '../state/use-account.js';
import { useNow } from '../state/use-now.js';

export function DevicesPage({ account }: PageProps) {
  return (
    <>
      <PageHead title="Your devices">
        Where you are signed in, as it changes. Sign in with another browser and watch it come; end it, and
        watch that browser being told.
      </PageHead>
      {account.user ? (
        <Devices account={account} />
      ) : (
        <NeedSignIn account={account}>Sign in to see where you are signed in.</NeedSignIn>
      )}
    </>
  );
}

interface Told {
  readonly tone: 'good' | 'bad';
  readonly text: string;
}

function Devices({ account }: { readonly account: Account }) {
  const [told, setTold] = useState<Told | null>(null);
  /** What waits for the password, because the sign-in is too long ago. */
  const [waiting, setWaiting] = useState<(() => Promise<void>) | null>(null);

  async function attempt(act: () => Promise<string>): Promise<void> {
    try {
      setTold({ tone: 'good', text: await act() });
      setWaiting(null);
    } catch (error) {
      const refusal = error as Refusal;
      if (refusal.body.reason === 'sign-in-not-recent') setWaiting(() => () => attempt(act));
      // A session that has ended is told of above all pages.
      else if (refusal.status !== 401) setTold({ tone: 'bad', text: refusal.message });
    }
  }

  return (
    <>
      {told && <Notice tone={told.tone}>{told.text}</Notice>}
      {waiting && (
        <section class="card" aria-labelledby="confirm">
          <h2 id="confirm">Is it still you?</h2>
          <p>Your sign-in is too long ago for this. Somebody may have found this browser open.</p>
          <SignInForm
            username={account.user?.username ?? ''}
            label="Confirm and go on"
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

type Attempt = (act: () => Promise<string>) => Promise<void>;

function OwnSessions({ account, attempt }: { readonly account: Account; readonly attempt: Attempt }) {
  const now = useNow();
  const { sessions } = account;
  const others = sessions?.filter((each) => !each.current).length ?? 0;

  const end = (session: OwnSession) =>
    attempt(async () => {
      await ask('DELETE', `/api/sessions/${session.id}`);
      return `Ended: ${session.device ?? 'the unknown device'}.`;
    });
  const endOthers = () =>
    attempt(async () => {
      const { revoked } = await ask<{ revoked: number }>('POST', '/api/sessions/revoke-others');
      return revoked === 1 ? 'Ended one other session.' : `Ended ${revoked} other sessions.`;
    });

  if (sessions === null)
    return (
      <p class="card muted" aria-busy="true">
        Asking for your sessions …
      </p>
    );
  return (
    <section class="card" aria-labelledby="sessions">
      <div class="card-head">
        <h2 id="sessions">{sessions.length === 1 ? 'One session' : `${sessions.length} sessions`}</h2>
        <button type="button" class="secondary" disabled={others === 0} onClick={() => void endOthers()}>
          End all others
        </button>
      </div>
      {account.isStale && (
        <p class="muted">Sessions cannot be reached at the moment. This is what was known last.</p>
      )}
      <SessionList
        sessions={sessions}
        now={now}
        badge={(session) => (session.current ? 'This device' : null)}
        action={(session) =>
          !session.current && (
            <button
              type="button"
              class="secondary"
              aria-label={`End ${session.device ?? 'unknown device'}`}
              onClick={() => void end(session)}
            >
              End
            </button>
          )
        }
      />
      {others === 0 && (
        <p class="muted hint-line">
          Nowhere else. Sign in as {account.user?.username} in another browser, or in a private window of this
          one.
        </p>
      )}
    </section>
  );
}

function ChangePassword({ attempt }: { readonly attempt: Attempt }) {
  const [currentPassword, setCurrentPassword] = useState('');
  const [password, setPassword] = useState('');
  const change = () =>
    attempt(async () => {
      const body = { currentPassword, password };
      const { revoked } = await ask<{ revoked: number }>('PUT', '/api/password', body);
      setCurrentPassword('');
      setPassword('');
      return `The password is changed, this session has a new token, and ${revoked} others have ended.`;
    });
  return (
    <section class="card" aria-labelledby="password-title">
      <h2 id="password-title">Change your password</h2>
      <p>
        Requires a sign-in in the last five minutes. Gives this session a new token and signs out all your
        other devices. Passwords reset when the demo restarts.
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
          Change it
        </button>
      </form>
    </section>
  );
}
