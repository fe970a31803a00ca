import { useEffect, useState } from 'preact/hooks';

/** The metrics of the demo at one second. Counts are totals since the start of the process. */
export interface Metrics {
  readonly at: string;
  readonly sessions: { readonly count: number; readonly ofLatest: number | null } | null;
  readonly signIns: number;
  readonly evictions: number;
  readonly rejections: number;
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

/** The number of seconds that a chart shows. */
export const POINTS = 60;

/** Subscribes to the metrics, and returns those of the last minute, the latest at the end. */
export function useMetrics(): readonly Metrics[] {
  const [history, setHistory] = useState<readonly Metrics[]>([]);
  useEffect(() => {
    const stream = new EventSource('/api/admin/live');
    stream.addEventListener('metrics', (event) => {
      const latest = JSON.parse(event.data as string) as Metrics[];
      // The first message is the whole history, also after a reconnect. One more point than shown gives a difference.
      setHistory((last) => (latest.length > 1 ? latest : [...last, ...latest].slice(-POINTS - 1)));
    });
    stream.addEventListener('ended', () => stream.close());
    return () => stream.close();
  }, []);
  return history;
}
