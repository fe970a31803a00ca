import { useEffect, useState } from 'preact/hooks';
import type { Me, SessionInfo } from '../api.js';
import { callApi } from '../api.js';
import type { PageProps } from '../page-props.js';
import { Clock } from '../parts/clock.js';
import { PageHead } from '../parts/page-head.js';
import { SessionChange } from '../parts/session-change.js';
import { SignInForm } from '../parts/sign-in-form.js';
import type { Account } from '../state/use-account.js';
import { useNow } from '../state/use-now.js';

export function SessionPage({ account }: PageProps) {
  /** The id of the anonymous session, which a visitor has after putting something in the cart. */
  const [anonymousId, setAnonymousId] = useState<string | null>(null);
  useEffect(() => {
    callApi<SessionInfo>('GET', '/api/session').then(
      ({ id, userId }) => setAnonymousId(userId === null ? id : null),
      () => undefined,
    );
  }, [account.sessionId]);
  const isKnown = account.user !== null || account.status === 'signed-out';

  return (
    <>
      <PageHead title={account.user ? 'Your session' : 'Sign in'}>
        The browser holds only a random token in a cookie. The user, the timeouts and the data of the session
        stay on the server.
      </PageHead>
      <div class="columns">
        <section class="card" aria-label={account.user ? 'Your session' : 'Sign in'}>
          <AccountCard account={account} onSignedIn={(me) => account.enter(me, anonymousId)} />
        </section>
        {isKnown && (
          <section class="card" aria-labelledby="change">
            <h2 id="change">On the server</h2>
            <SessionChange account={account} anonymousId={anonymousId} onAnonymous={setAnonymousId} />
          </section>
        )}
      </div>
    </>
  );
}

interface AccountCardProps {
  readonly account: Account;
  readonly onSignedIn: (me: Me) => void;
}

function AccountCard({ account, onSignedIn }: AccountCardProps) {
  if (account.user) return <SignedIn account={account} />;
  if (account.status === 'loading')
    return (
      <p class="muted" aria-busy="true">
        Loading …
      </p>
    );
  if (account.status === 'signed-out')
    return <SignInForm initialUsername={account.lastUsername} onSignedIn={onSignedIn} />;
  return <p class="muted">This page continues when the demo knows whether you are signed in.</p>;
}

function SignedIn({ account }: { readonly account: Account }) {
  const now = useNow();
  const session = account.sessions?.find((each) => each.current);
  return (
    <>
      <p class="signed-in-as">
        <span>
          You are signed in as <strong>{account.user?.username}</strong>
        </span>
        {account.user?.role === 'admin' && <span class="badge">administrator</span>}
      </p>
      {session ? (
        <div class="clocks">
          <Clock
            name="Idle timeout"
            about="Any activity resets this timer."
            from={session.lastActiveAt}
            to={session.idleEndAt}
            now={now}
          />
          <Clock
            name="Absolute timeout"
            about="Only another sign-in resets this timer."
            from={session.signedInAt ?? session.createdAt}
            to={session.absoluteEndAt}
            now={now}
          />
        </div>
      ) : (
        <p class="muted" aria-busy="true">
          Loading the timeouts …
        </p>
      )}
      <div class="actions">
        <a class="button" href="#/devices">
          Your devices
        </a>
      </div>
    </>
  );
}
