import { POINTS, type Metrics } from '../state/use-metrics.js';
import { Mark } from './mark.js';
import { Sparkline } from './sparkline.js';

interface Props {
  readonly history: readonly Metrics[];
}

type Read = (metrics: Metrics) => number;

/** Shows the metrics in two groups: the traffic of this process, and its cost in Redis. */
export function MetricTiles({ history }: Props) {
  return (
    <>
      <section class="card" aria-labelledby="traffic">
        <h2 id="traffic">Traffic</h2>
        <div class="tiles">
          <SessionsTile history={history} />
          <TotalTile name="Sign-ins" history={history} read={(each) => each.signIns} />
          <TotalTile name="Evicted sessions" history={history} read={(each) => each.evictions} />
          <TotalTile name="Rejected sign-ins" history={history} read={(each) => each.rejections} />
          <TotalTile name="Revoked sessions" history={history} read={(each) => each.revocations} />
        </div>
      </section>
      <section class="card" aria-labelledby="store">
        <div class="card-head">
          <h2 id="store">{history.at(-1)?.store.breaker ? 'Redis' : 'Session store in memory'}</h2>
          <BreakerState history={history} />
        </div>
        <div class="tiles">
          <CommandsTile history={history} />
          <LatencyTile history={history} />
          <HitRateTile history={history} />
        </div>
      </section>
    </>
  );
}

function SessionsTile({ history }: Props) {
  const counted = history.findLast((each) => each.sessions !== null)?.sessions;
  return (
    <Sparkline
      isMain
      name="Signed-in sessions"
      value={String(counted?.count ?? 'Counting …')}
      unit={counted?.ofLatest ? `of the ${counted.ofLatest} latest users` : 'now, on all processes'}
      series={history.slice(-POINTS).map((each) => each.sessions?.count ?? null)}
      width={POINTS}
      formatPeak={String}
    />
  );
}

/** Shows a total since the start of the process, with a chart of how many were added each second. */
function TotalTile({ name, history, read }: Props & { readonly name: string; readonly read: Read }) {
  const last = history.at(-1);
  return (
    <Sparkline
      name={name}
      value={String(last ? read(last) : 0)}
      unit="since the start"
      series={differences(history, read)}
      width={POINTS}
      formatPeak={(peak) => `${peak} per second`}
    />
  );
}

function CommandsTile({ history }: Props) {
  const { requests = 0, store } = history.at(-1) ?? {};
  return (
    <Sparkline
      name="Commands per request"
      value={requests === 0 ? 'No requests yet' : ((store?.calls ?? 0) / requests).toFixed(2)}
      {...(requests > 0 && { unit: 'on average' })}
      series={ratios(
        history,
        (each) => each.store.calls,
        (each) => each.requests,
      )}
      width={POINTS}
      formatPeak={(peak) => peak.toFixed(2)}
    />
  );
}

function LatencyTile({ history }: Props) {
  const latencyMs = history.at(-1)?.store.latencyMs;
  return (
    <Sparkline
      name="Latency, 99th percentile"
      value={latencyMs ? latencyMs.p99.toFixed(1) : 'No recent calls'}
      {...(latencyMs && { unit: 'ms' })}
      series={history.slice(-POINTS).map((each) => each.store.latencyMs?.p99 ?? null)}
      width={POINTS}
      formatPeak={(peak) => `${peak.toFixed(1)} ms`}
    />
  );
}

/** Shows the share of reads that the cache answered, when the cache is enabled. */
function HitRateTile({ history }: Props) {
  const cache = history.at(-1)?.cache;
  if (!cache) return null;
  const reads: Read = (each) => (each.cache?.hits ?? 0) + (each.cache?.misses ?? 0);
  return (
    <Sparkline
      name="Cache hit rate"
      value={
        cache.hits + cache.misses === 0 ? 'No reads yet' : percent(cache.hits / (cache.hits + cache.misses))
      }
      series={ratios(history, (each) => each.cache?.hits ?? 0, reads)}
      width={POINTS}
      formatPeak={percent}
    />
  );
}

const BREAKER = {
  closed: { tone: 'good', text: 'Circuit breaker closed' },
  'half-open': { tone: 'warn', text: 'Circuit breaker half-open: testing Redis' },
  open: { tone: 'bad', text: 'Circuit breaker open: Redis is unavailable' },
} as const;

/** Shows the circuit breaker, which the memory store has none of. */
function BreakerState({ history }: Props) {
  const breaker = history.at(-1)?.store.breaker;
  if (!breaker) return null;
  const { tone, text } = BREAKER[breaker];
  return (
    <p class="breaker">
      <Mark tone={tone} /> {text}
    </p>
  );
}

function differences(history: readonly Metrics[], read: Read): number[] {
  return history
    .slice(1)
    .map((metrics, index) => Math.max(0, read(metrics) - read(history[index] as Metrics)));
}

function ratios(history: readonly Metrics[], part: Read, whole: Read): (number | null)[] {
  const [parts, wholes] = [differences(history, part), differences(history, whole)];
  return wholes.map((each, index) => (each === 0 ? null : (parts[index] as number) / each));
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
