import { useEffect, useRef, useState } from 'preact/hooks';
import type { DemoFacts } from './api.js';
import { ask } from './api.js';
import { DevicesPage } from './pages/devices.js';
import { LabPage } from './pages/lab.js';
import { LimitPage } from './pages/limit.js';
import { LivePage } from './pages/live.js';
import { SignInPage } from './pages/sign-in.js';
import { EndNotice } from './parts/end-notice.js';
import { Header } from './parts/header.js';
import { Notice } from './parts/notice.js';
import { useAccount } from './state/use-account.js';
import { useRoute } from './state/use-route.js';

export const PAGES = [
  { route: '/', name: 'Sign in', Page: SignInPage },
  { route: '/devices', name: 'Your devices', Page: DevicesPage },
  { route: '/limit', name: 'The limit', Page: LimitPage },
  { route: '/lab', name: 'Attack lab', Page: LabPage },
  { route: '/live', name: 'Live view', Page: LivePage },
] as const;

export function App() {
  const account = useAccount();
  const route = useRoute();
  const demo = useDemo();
  const main = useRef<HTMLElement>(null);
  const page = PAGES.find((each) => each.route === route) ?? PAGES[0];

  const isFirst = useRef(true);
  useEffect(() => {
    document.title = `${page.name} · Sessions at work`;
    // A page that was asked for by a link is read from its beginning.
    if (!isFirst.current) main.current?.focus();
    isFirst.current = false;
  }, [page]);

  return (
    <>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        To the content
      </a>
      <Header account={account} route={page.route} pages={PAGES} />
      <main id="main" ref={main} tabIndex={-1}>
        <EndNotice account={account} />
        {account.phase === 'unreachable' && (
          <Notice tone="bad" title="The demo does not answer">
            Trying again every few seconds.
          </Notice>
        )}
        {account.phase === 'unavailable' && (
          <Notice tone="bad" title="The demo cannot reach its sessions">
            Redis does not answer, so nobody knows whether you are signed in, and nobody is let in. Trying
            again every few seconds.
          </Notice>
        )}
        <page.Page account={account} demo={demo} />
      </main>
      <Footer demo={demo} />
    </>
  );
}

function useDemo(): DemoFacts | null {
  const [demo, setDemo] = useState<DemoFacts | null>(null);
  useEffect(() => {
    ask<DemoFacts>('GET', '/api/demo').then(setDemo, () => undefined);
  }, []);
  return demo;
}

function Footer({ demo }: { readonly demo: DemoFacts | null }) {
  return (
    <footer class="footer">
      <p>
        The demo of <code>nestjs-redis-session</code>
        {demo && (
          <>
            , on {demo.httpAdapter === 'express' ? 'Express' : 'Fastify'}, with sessions in{' '}
            {demo.storedIn === 'redis' ? 'Redis' : 'memory'}
          </>
        )}
        . What the pages call is listed at <a href="/api">/api</a>.
      </p>
    </footer>
  );
}
