import { useEffect, useRef } from 'preact/hooks';
import type { Account } from '../state/use-account.js';

interface Props {
  readonly account: Account;
  readonly product: string;
  readonly route: string;
  readonly tabs: readonly { readonly route: string; readonly name: string }[];
}

export function Header({ account, product, route, tabs }: Props) {
  return (
    <header class="header">
      <div class="header-row">
        <a class="brand" href="#/">
          <img src="/icon.svg" alt="" width="28" height="28" />
          <span>{product}</span> <span class="brand-tag">demo</span>
        </a>
        <SignedInUser account={account} />
      </div>
      <Tabs route={route} tabs={tabs} />
    </header>
  );
}

function SignedInUser({ account: { status, user, signOut } }: Pick<Props, 'account'>) {
  if (user)
    return (
      <div class="account">
        <p>
          <span class="phone-hidden">Signed in as</span> <strong>{user.username}</strong>
        </p>
        <button type="button" class="secondary small" onClick={() => void signOut()}>
          Sign out
        </button>
      </div>
    );
  if (status === 'loading') return null;
  return <p class="account">{status === 'signed-out' ? 'Not signed in' : 'Sign-in state unknown'}</p>;
}

/** Renders one row of tabs, which scrolls sideways on a phone. */
function Tabs({ route, tabs }: Pick<Props, 'route' | 'tabs'>) {
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    list.current?.querySelector('[aria-current]')?.scrollIntoView({ inline: 'center', block: 'nearest' });
  }, [route]);
  return (
    <nav aria-label="Pages">
      <ul ref={list}>
        {tabs.map((tab) => (
          <li key={tab.route}>
            <a href={`#${tab.route}`} aria-current={tab.route === route ? 'page' : undefined}>
              {tab.name}
            </a>
          </li>
        ))}
        <li class="tabs-end">
          <a href="/api">API</a>
        </li>
      </ul>
    </nav>
  );
}
