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
        <p class="who">
          {account.user ? (
            <>
              Signed in as <strong>{account.user.username}</strong>
            </>
          ) : (
            'Not signed in'
          )}
        </p>
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
