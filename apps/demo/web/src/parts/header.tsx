import { ask } from '../api.js';
import type { Account } from '../state/use-account.js';

interface Props {
  readonly account: Account;
  readonly route: string;
  readonly pages: readonly { readonly route: string; readonly name: string }[];
}

export function Header({ account, route, pages }: Props) {
  return (
    <header class="header">
      <div class="header-row">
        <a class="brand" href="#/">
          <img src="/icon.svg" alt="" width="28" height="28" />
          <span>Sessions at work</span>
        </a>
        <div class="who">
          {account.user ? (
            <>
              <p>
                Signed in as <strong>{account.user.username}</strong>
              </p>
              {/* The page of the sign-in has one of its own, which explains what it did. */}
              {route !== '/' && <SignOut account={account} />}
            </>
          ) : (
            account.phase !== 'loading' && (
              <p>{account.phase === 'out' ? 'Not signed in' : 'Not known who you are'}</p>
            )
          )}
        </div>
      </div>
      <nav aria-label="Pages">
        <ul>
          {pages.map((page) => (
            <li key={page.route}>
              <a href={`#${page.route}`} aria-current={page.route === route ? 'page' : undefined}>
                {page.name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
    </header>
  );
}

function SignOut({ account }: { readonly account: Account }) {
  async function leave(): Promise<void> {
    try {
      await ask('POST', '/api/logout');
      account.leave();
    } catch {
      // Then the session is still there, or has ended by itself: the page shows which.
      await account.refresh();
    }
  }
  return (
    <button type="button" class="secondary small" onClick={() => void leave()}>
      Sign out
    </button>
  );
}
