import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { SessionInfo } from '../api.js';
import { callApi } from '../api.js';
import type { Account } from '../state/use-account.js';

interface Props {
  readonly account: Account;
  readonly anonymousId: string | null;
  readonly onAnonymous: (id: string) => void;
}

/** Explains what the latest sign-in or sign-out has changed on the server. */
export function SessionChange({ account, anonymousId, onAnonymous }: Props) {
  const { transition, sessionId, user } = account;
  if (user && transition) return <AfterSignIn before={transition.before} after={transition.after} />;
  if (user) return <ExistingSession sessionId={sessionId} />;
  if (transition) return <AfterSignOut before={transition.before} />;
  if (anonymousId) return <AnonymousSession id={anonymousId} />;
  return <NoSession onAnonymous={onAnonymous} />;
}

function AfterSignIn({ before, after }: { readonly before: string | null; readonly after: string | null }) {
  return (
    <>
      <dl class="facts">
        <Fact name="Public ID before the sign-in">
          {before ? <code>{before}</code> : 'None. There was no session.'}
        </Fact>
        <Fact name="Public ID now">
          <code>{after}</code>
        </Fact>
        <Fact name="Cookie">
          <CookieLine sessionId={after} />
        </Fact>
      </dl>
      <p>
        The sign-in issued a new token and invalidated the previous one, so a cookie that an attacker planted
        earlier is worthless (session fixation). The public ID is safe to display: it cannot be turned into a
        cookie. <code>HttpOnly</code> hides the cookie from scripts, so the line above comes from the server,
        without the token.
      </p>
    </>
  );
}

function AfterSignOut({ before }: { readonly before: string | null }) {
  return (
    <>
      <dl class="facts">
        <Fact name="Public ID before the sign-out">
          <code>{before}</code>
        </Fact>
        <Fact name="Public ID now">None</Fact>
      </dl>
      <p>
        The session is deleted on the server, and the cookie in the browser. A copy of the cookie is invalid.
        For a few minutes, a request with such a copy gets 401 with the reason <code>signed-out</code>.
      </p>
    </>
  );
}

function ExistingSession({ sessionId }: { readonly sessionId: string | null }) {
  return (
    <>
      <dl class="facts">
        <Fact name="Public ID">
          <code>{sessionId}</code>
        </Fact>
        <Fact name="Cookie">
          <CookieLine sessionId={sessionId} />
        </Fact>
      </dl>
      <p>
        You were already signed in: the browser sent the cookie, and the server found the session. Sign in as
        the same user in a second browser, and watch <a href="#/devices">your devices</a>.
      </p>
    </>
  );
}

function AnonymousSession({ id }: { readonly id: string }) {
  return (
    <>
      <dl class="facts">
        <Fact name="Public ID">
          <code>{id}</code>
        </Fact>
        <Fact name="Data">
          <code>cart: ["tea"]</code>
        </Fact>
      </dl>
      <p>You now have an anonymous session. Sign in: the cart is kept, and the ID changes.</p>
    </>
  );
}

function NoSession({ onAnonymous }: Pick<Props, 'onAnonymous'>) {
  async function addToCart(): Promise<void> {
    await callApi('PUT', '/api/data/cart', { value: ['tea'] });
    onAnonymous((await callApi<SessionInfo>('GET', '/api/session')).id);
  }
  return (
    <>
      <p>Nothing has been stored yet. Add something to the cart to get a session.</p>
      <button type="button" class="secondary" onClick={() => void addToCart().catch(() => undefined)}>
        Add tea to the cart
      </button>
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** Shows the Set-Cookie header of this session as the server recorded it. */
function CookieLine({ sessionId }: { readonly sessionId: string | null }) {
  const [line, setLine] = useState<string | null>(null);
  useEffect(() => {
    callApi<{ line: string | null }>('GET', '/api/cookie').then(
      (cookie) => setLine(cookie.line),
      () => undefined,
    );
  }, [sessionId]);
  if (line === null) return <>Not recorded: another process, or an earlier one, set this cookie.</>;
  return <code class="wrap">{line}</code>;
}
