import type { ComponentChildren } from 'preact';
import type { Account } from '../state/use-account.js';

interface Props {
  readonly account: Account;
  readonly children: ComponentChildren;
}

/** What stands where there is nothing to show without a sign-in. */
export function NeedSignIn({ account, children }: Props) {
  if (account.phase === 'loading')
    return (
      <p class="card muted" aria-busy="true">
        Asking who you are …
      </p>
    );
  if (account.phase !== 'out' && !account.user)
    return <p class="card muted">This page goes on as soon as it is known who you are.</p>;
  return (
    <div class="card empty">
      <p>{children}</p>
      <a class="button" href="#/">
        Go to sign in
      </a>
    </div>
  );
}
