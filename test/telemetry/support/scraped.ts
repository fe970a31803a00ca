import type { PrometheusRegistry } from 'nestjs-redis-session/telemetry';

/** Returns the series of a registry by name and labels, such as `session_requests_total{session_state="none"}`. */
export async function scraped(registry: PrometheusRegistry): Promise<ReadonlyMap<string, number>> {
  return seriesIn(await registry.metrics());
}

/** Returns the series in a page of Prometheus' text format. */
export function seriesIn(page: string): ReadonlyMap<string, number> {
  const lines = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}
