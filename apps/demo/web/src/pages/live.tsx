import { useState } from 'preact/hooks';
import type { PageProps } from '../page-props.js';
import { EndEveryone } from '../parts/end-everyone.js';
import { FindUser } from '../parts/find-user.js';
import { MetricTiles } from '../parts/metric-tiles.js';
import { NeedSignIn } from '../parts/need-sign-in.js';
import { PageHead } from '../parts/page-head.js';
import { useMetrics } from '../state/use-metrics.js';

export function LivePage({ account }: PageProps) {
  /** The number of times that all users were signed out. Each time, the list of found users starts over. */
  const [resets, setResets] = useState(0);
  return (
    <>
      <PageHead title="Live view">
        Metrics of this process, updated every second, and every user’s sessions.
      </PageHead>
      {account.user?.role === 'admin' ? (
        <>
          <Metrics key={account.sessionId} />
          <FindUser key={resets} />
          <EndEveryone account={account} onEnded={() => setResets((last) => last + 1)} />
        </>
      ) : (
        <NeedSignIn account={account}>
          {account.user
            ? 'Only administrators can see this page. Sign out, then sign in as admin.'
            : 'Only administrators can see this page. Sign in as admin.'}
        </NeedSignIn>
      )}
    </>
  );
}

function Metrics() {
  const history = useMetrics();
  if (history.length === 0)
    return (
      <p class="card muted" aria-busy="true">
        Loading the metrics …
      </p>
    );
  return <MetricTiles history={history} />;
}
