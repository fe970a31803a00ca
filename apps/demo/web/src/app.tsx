import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { DemoInfo } from './api.js';
import { callApi } from './api.js';
import { DevicesPage } from './pages/devices.js';
import { LabPage } from './pages/lab.js';
import { LimitPage } from './pages/limit.js';
import { LivePage } from './pages/live.js';
import { SessionPage } from './pages/session.js';
import { AccountNotices } from './parts/account-notices.js';
import { Header } from './parts/header.js';
import type { Account } from './state/use-account.js';
import { useAccount } from './state/use-account.js';
import { useRoute } from './state/use-route.js';

const PRODUCT = 'nestjs-redis-session';

/** The pages in the order of their tabs. The first one has another name after the sign-in. */
const PAGES = [
  { route: '/', name: 'Sign in', signedInName: 'Your session', Page: SessionPage },
  { route: '/devices', name: 'Your devices', Page: DevicesPage },
  { route: '/limit', name: 'Session limit', Page: LimitPage },
  { route: '/lab', name: 'Attack lab', Page: LabPage },
  { route: '/live', name: 'Live view', Page: LivePage },
] as const;

export function App() {
  const account = useAccount();
  const route = useRoute();
  const demo = useDemoInfo();
  const main = useRef<HTMLElement>(null);
  const page = PAGES.find((each) => each.route === route) ?? PAGES[0];
  const tabs = PAGES.map((each) => ({ route: each.route, name: nameOf(each, account) }));
  const name = nameOf(page, account);

  useEffect(() => void (document.title = `${name} · ${PRODUCT} demo`), [name]);
  const { dismissEnd } = account;
  const isFirst = useRef(true);
  // A layout effect runs before the new page is painted, which therefore never shows the notice of the last page.
  useLayoutEffect(() => {
    // After a link was followed, the screen reader starts at the new page, and a notice of the last page has been read.
    if (!isFirst.current) {
      main.current?.focus();
      dismissEnd();
    }
    isFirst.current = false;
  }, [page, dismissEnd]);

  return (
    <>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        Skip to content
      </a>
      <Header account={account} route={page.route} tabs={tabs} product={PRODUCT} />
      <main id="main" ref={main} tabIndex={-1}>
        <AccountNotices account={account} />
        <page.Page account={account} demo={demo} />
      </main>
      <Footer demo={demo} />
    </>
  );
}

function nameOf(page: (typeof PAGES)[number], account: Account): string {
  return account.user && 'signedInName' in page ? page.signedInName : page.name;
}

function useDemoInfo(): DemoInfo | null {
  const [demo, setDemo] = useState<DemoInfo | null>(null);
  useEffect(() => {
    callApi<DemoInfo>('GET', '/api/demo').then(setDemo, () => undefined);
  }, []);
  return demo;
}

function Footer({ demo }: { readonly demo: DemoInfo | null }) {
  return (
    <footer class="footer">
      <p>
        Demo of <code>{PRODUCT}</code>
        {demo && (
          <>
            {' '}
            on {demo.httpAdapter === 'express' ? 'Express' : 'Fastify'}, with sessions in{' '}
            {demo.storedIn === 'redis' ? 'Redis' : 'memory'}
          </>
        )}
        . The pages use the HTTP API listed at <a href="/api">/api</a>. The documentation starts in the
        repository’s README.md.
      </p>
    </footer>
  );
}
