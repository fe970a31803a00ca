import { useEffect, useState } from 'preact/hooks';
import type { PageProps } from '../page-props.js';
import type { Me, SessionFacts } from '../api.js';
import { ask, type Refusal } from '../api.js';
import { Clock } from '../parts/clock.js';
import { Notice } from '../parts/notice.js';
import { PageHead } from '../parts/page-head.js';
import { SignInForm } from '../parts/sign-in-form.js';
import type { Account } from '../state/use-account.js';
import { useNow } from '../state/use-now.js';

/** What the last sign-in or sign-out did, from what the demo answered before and after. */
interface Change {
  readonly kind: 'in' | 'out';
  readonly before: string | null;
  readonly after: string | null;
}

export function SignInPage({ account }: PageProps) {
  const [change, setChange] = useState<Change | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [visit, setVisit] = useState<string | null>(null);

  useEffect(() => {
    ask<SessionFacts>('GET', '/api/session').then(
      ({ id, userId }) => setVisit(userId === null ? id : null),
      () => undefined,
    );
  }, [account.sessionId]);

  function enter(me: Me): void {
    setChange({ kind: 'in', before: visit ?? account.sessionId, after: me.session.id });
    account.enter(me);
  }

  async function leave(): Promise<void> {
    try {
      await ask('POST', '/api/logout');
      setChange({ kind: 'out', before: account.sessionId, after: null });
      setFailure(null);
      account.leave();
    } catch (error) {
      setFailure((error as Refusal).message);
    }
  }

  return (
    <>
      <PageHead title={account.user ? 'You are signed in' : 'Sign in'}>
        The browser gets a cookie with a secret. Everything else is on the server, and both are watched here.
      </PageHead>
      {failure && (
        <Notice tone="bad" title="Still signed in">
          {failure}
        </Notice>
      )}
      <div class="columns">
        <section class="card" aria-label={account.user ? 'Your session' : 'Sign in'}>
          {account.phase === 'loading' && (
            <p class="muted" aria-busy="true">
              Asking who you are …
            </p>
          )}
          {account.user && <SignedIn account={account} onLeave={() => void leave()} />}
          {account.phase === 'out' && <SignInForm onSignedIn={enter} />}
          {(account.phase === 'unreachable' || account.phase === 'unavailable') && (
            <p class="muted">This page goes on as soon as it is known who you are.</p>
          )}
        </section>
        {(account.user ?? account.phase === 'out') && (
          <section class="card" aria-labelledby="facts">
            <h2 id="facts">What has just happened</h2>
            <Facts change={change} account={account} visit={visit} onVisit={setVisit} />
          </section>
        )}
      </div>
    </>
  );
}

function SignedIn({ account, onLeave }: { readonly account: Account; readonly onLeave: () => void }) {
  const now = useNow();
  const session = account.sessions?.find((each) => each.current);
  return (
    <>
      <p class="signed-in-as">
        <strong>{account.user?.username}</strong>
        {account.user?.role === 'admin' && <span class="badge">administrator</span>}
      </p>
      {session ? (
        <div class="clocks">
          <Clock
            name="Idle clock"
            about="What you do here winds it up again."
            from={session.lastActiveAt}
            to={session.idleEndAt}
            now={now}
          />
          <Clock
            name="Absolute clock"
            about="Nothing but another sign-in moves it."
            from={session.signedInAt ?? session.createdAt}
            to={session.absoluteEndAt}
            now={now}
          />
        </div>
      ) : (
        <p class="muted" aria-busy="true">
          Waiting for the clocks …
        </p>
      )}
      <div class="actions">
        <button type="button" onClick={onLeave}>
          Sign out
        </button>
        <a class="button secondary" href="#/devices">
          Your devices
        </a>
      </div>
    </>
  );
}

interface FactsProps {
  readonly change: Change | null;
  readonly account: Account;
  readonly visit: string | null;
  readonly onVisit: (id: string) => void;
}

function Facts({ change, account, visit, onVisit }: FactsProps) {
  if (change?.kind === 'in' && account.user) return <SignInFacts change={change} />;
  if (change?.kind === 'out') return <SignOutFacts change={change} />;
  if (account.user) return <OpenFacts account={account} />;
  return <NobodyFacts visit={visit} onVisit={onVisit} />;
}

function SignInFacts({ change }: { readonly change: Change }) {
  return (
    <>
      <dl class="facts">
        <dt>Public id before</dt>
        <dd>{change.before ? <code>{change.before}</code> : 'none: nothing was stored for you'}</dd>
        <dt>Public id now</dt>
        <dd>
          <code>{change.after}</code>
        </dd>
        <dt>Cookie</dt>
        <dd>
          <CookieLine sessionId={change.after} />
        </dd>
      </dl>
      <p>
        The token is new, and whatever the browser came with is dead: a cookie that somebody planted before
        opens nothing. The id above is safe to show, for no cookie can be made of it. <code>HttpOnly</code>{' '}
        keeps the cookie from scripts, this page’s too; the line is what the server sent, less the secret.
      </p>
    </>
  );
}

function SignOutFacts({ change }: { readonly change: Change }) {
  return (
    <>
      <dl class="facts">
        <dt>Public id before</dt>
        <dd>
          <code>{change.before}</code>
        </dd>
        <dt>Public id now</dt>
        <dd>none</dd>
      </dl>
      <p>
        The session is gone from the server, and the cookie from the browser. A copy of the cookie opens
        nothing, and for some minutes whoever shows one is told that it was signed out.
      </p>
    </>
  );
}

function OpenFacts({ account }: { readonly account: Account }) {
  return (
    <>
      <dl class="facts">
        <dt>Public id</dt>
        <dd>
          <code>{account.sessionId}</code>
        </dd>
        <dt>Cookie</dt>
        <dd>
          <CookieLine sessionId={account.sessionId} />
        </dd>
      </dl>
      <p>
        You were signed in already: the cookie was there, and the server has the session. Sign in as the same
        user in a second browser, and watch <a href="#/devices">your devices</a>.
      </p>
    </>
  );
}

function NobodyFacts({
  visit,
  onVisit,
}: {
  readonly visit: string | null;
  readonly onVisit: (id: string) => void;
}) {
  async function put(): Promise<void> {
    await ask('PUT', '/api/data/cart', { value: ['tea'] });
    onVisit((await ask<SessionFacts>('GET', '/api/session')).id);
  }
  if (visit) {
    return (
      <>
        <dl class="facts">
          <dt>Public id</dt>
          <dd>
            <code>{visit}</code>
          </dd>
          <dt>Stored</dt>
          <dd>
            <code>cart: ["tea"]</code>
          </dd>
        </dl>
        <p>
          There is a session now, and nobody is signed in to it. Sign in: the tea stays, and the id will be
          another.
        </p>
      </>
    );
  }
  return (
    <>
      <p>
        Nothing: who only looks gets no cookie, and nothing is stored. To see an id change at the sign-in,
        leave something in the session before.
      </p>
      <button type="button" class="secondary" onClick={() => void put().catch(() => undefined)}>
        Put tea in the cart
      </button>
    </>
  );
}

/** The line that set the cookie, as the server remembers it. */
function CookieLine({ sessionId }: { readonly sessionId: string | null }) {
  const [line, setLine] = useState<string | null>(null);
  useEffect(() => {
    ask<{ line: string | null }>('GET', '/api/cookie').then(
      (answer) => setLine(answer.line),
      () => undefined,
    );
  }, [sessionId]);
  if (line === null) return <>not seen by this process: another one has set it, or an earlier one</>;
  return <code class="wrap">{line}</code>;
}
