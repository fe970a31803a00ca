import { useEffect, useState } from 'preact/hooks';
import type { PageProps } from '../page-props.js';
import { EndEveryone } from '../parts/end-everyone.js';
import { FindUser } from '../parts/find-user.js';
import { NeedSignIn } from '../parts/need-sign-in.js';
import { PageHead } from '../parts/page-head.js';
import { Sparkline } from '../parts/sparkline.js';

/** What the demo tells of itself each second. Counts are since it began. */
interface Figures {
  readonly at: string;
  readonly sessions: { readonly count: number; readonly ofLatest: number | null } | null;
  readonly signIns: number;
  readonly evictions: number;
  readonly refusals: number;
  readonly revocations: number;
  readonly requests: number;
  readonly store: {
    readonly calls: number;
    readonly failures: number;
    readonly latencyMs: { readonly p50: number; readonly p99: number } | null;
    readonly breaker: 'closed' | 'open' | 'half-open' | null;
  };
  readonly cache: { readonly state: string; readonly hits: number; readonly misses: number } | null;
}

const POINTS = 60;

const BREAKER = {
  closed: 'closed: all is well',
  'half-open': 'half open: trying',
  open: 'open: Redis is not asked',
  none: 'none',
} as const;
/** How far the breaker is open, for its chart. */
const OPENNESS = { closed: 0, 'half-open': 0.5, open: 1, none: null } as const;

export function LivePage({ account }: PageProps) {
  /** How often everybody's sessions were ended, after which the list of them is another. */
  const [endings, setEndings] = useState(0);
  return (
    <>
      <PageHead title="Live view">
        What this process sees: sign-ins, evictions, refusals, and what they cost. Only the count of sessions
        is that of all processes. For administrators.
      </PageHead>
      {account.user?.role === 'admin' ? (
        <>
          <Live key={account.sessionId} />
          <FindUser key={endings} />
          <EndEveryone account={account} onEnded={() => setEndings((before) => before + 1)} />
        </>
      ) : (
        <NeedSignIn account={account}>
          {account.user
            ? `${account.user.username} is no administrator. Sign out, and sign in as admin to see this.`
            : 'Sign in as admin to see this.'}
        </NeedSignIn>
      )}
    </>
  );
}

function Live() {
  const history = useFigures();
  return (
    <section class="card" aria-labelledby="figures">
      <h2 id="figures">The last minute</h2>
      {history.length === 0 ? (
        <p class="muted" aria-busy="true">
          Waiting for the first figures …
        </p>
      ) : (
        <Tiles history={history} />
      )}
    </section>
  );
}

function useFigures(): readonly Figures[] {
  const [history, setHistory] = useState<readonly Figures[]>([]);
  useEffect(() => {
    const stream = new EventSource('/api/admin/live');
    stream.addEventListener('figures', (event) => {
      const latest = JSON.parse(event.data as string) as Figures[];
      // The first message is what was seen so far, also after the connection broke.
      setHistory((before) => (latest.length > 1 ? latest : [...before, ...latest].slice(-POINTS - 1)));
    });
    stream.addEventListener('ended', () => stream.close());
    return () => stream.close();
  }, []);
  return history;
}

function Tiles({ history }: { readonly history: readonly Figures[] }) {
  const last = history.at(-1) as Figures;
  const { cache, store } = last;
  const counted = history.findLast((each) => each.sessions !== null)?.sessions;
  return (
    <div class="tiles">
      <Sparkline
        name={
          counted?.ofLatest ? `Sessions of the ${counted.ofLatest} latest users` : 'Signed-in sessions now'
        }
        value={String(counted?.count ?? 'counting …')}
        series={history.slice(-POINTS).map((each) => each.sessions?.count ?? null)}
        width={POINTS}
      />
      <CountTile name="Sign-ins" history={history} of={(each) => each.signIns} />
      <CountTile name="Evictions" history={history} of={(each) => each.evictions} />
      <CountTile name="Refusals" history={history} of={(each) => each.refusals} />
      <CountTile name="Revocations" history={history} of={(each) => each.revocations} />
      <Sparkline
        name="Redis commands a request"
        value={last.requests === 0 ? 'no requests yet' : (store.calls / last.requests).toFixed(2)}
        series={rates(
          history,
          (each) => each.store.calls,
          (each) => each.requests,
        )}
        width={POINTS}
      />
      <Sparkline
        name="Latency of Redis, p99"
        value={store.latencyMs ? store.latencyMs.p99.toFixed(1) : 'no calls of late'}
        {...(store.latencyMs && { unit: 'ms' })}
        series={history.slice(-POINTS).map((each) => each.store.latencyMs?.p99 ?? null)}
        width={POINTS}
      />
      <Sparkline
        name="Circuit breaker"
        value={BREAKER[store.breaker ?? 'none']}
        series={history.slice(-POINTS).map((each) => OPENNESS[each.store.breaker ?? 'none'])}
        width={POINTS}
      />
      <Sparkline
        name="Cache hit rate"
        value={cache ? percent(cache.hits, cache.hits + cache.misses) : 'off'}
        series={
          cache
            ? rates(
                history,
                (each) => each.cache?.hits ?? 0,
                (each) => (each.cache?.hits ?? 0) + (each.cache?.misses ?? 0),
              )
            : []
        }
        width={POINTS}
      />
    </div>
  );
}

interface CountProps {
  readonly name: string;
  readonly history: readonly Figures[];
  readonly of: (figures: Figures) => number;
}

/** A count: how many in all, and how many more each second. */
function CountTile({ name, history, of }: CountProps) {
  const last = history.at(-1);
  return (
    <Sparkline
      name={name}
      value={String(last ? of(last) : 0)}
      series={differences(history, of)}
      width={POINTS}
    />
  );
}

function differences(history: readonly Figures[], of: (figures: Figures) => number): number[] {
  return history.slice(1).map((figures, index) => Math.max(0, of(figures) - of(history[index] as Figures)));
}

function rates(
  history: readonly Figures[],
  part: (figures: Figures) => number,
  whole: (figures: Figures) => number,
): (number | null)[] {
  const [parts, wholes] = [differences(history, part), differences(history, whole)];
  return wholes.map((each, index) => (each === 0 ? null : (parts[index] as number) / each));
}

function percent(part: number, whole: number): string {
  return whole === 0 ? 'no reads yet' : `${Math.round((part / whole) * 100)} %`;
}
