import type { ComponentChildren } from 'preact';
import type { Account } from '../state/use-account.js';

interface Props {
  readonly account: Account;
  readonly children: ComponentChildren;
}

/** Takes the place of content that needs a sign-in. */
export function NeedSignIn({ account, children }: Props) {
  if (account.status === 'loading')
    return (
      <p class="card muted" aria-busy="true">
        Loading …
      </p>
    );
  if (account.status !== 'signed-out' && !account.user)
    return <p class="card muted">This page continues when the demo knows whether you are signed in.</p>;
  return (
    <div class="card empty">
      <p>{children}</p>
      {!account.user && (
        <a class="button" href="#/">
          Go to sign in
        </a>
      )}
    </div>
  );
}
