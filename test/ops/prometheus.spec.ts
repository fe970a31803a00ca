import { METRICS, prometheusName } from 'nestjs-redis-session/telemetry';
import { until } from '../support/until.js';
import { boardPanels, withVariables } from './support/board.js';
import { describeWithPrometheus } from './support/prometheus-programs.js';
import { WatchedDemo } from './support/watched-demo.js';

const LOAD_SECONDS = 6;
const WITHIN_MS = 30_000;
/** Long enough for two samples of each series. */
const WINDOW = '10s';

const QUERIES = boardPanels().flatMap(({ title, targets = [] }) =>
  targets.map(({ expr, legendFormat }) => ({ title, legendFormat, expr })),
);

describeWithPrometheus('the demo under Prometheus', ({ server }) => {
  let demo: WatchedDemo;

  beforeAll(async () => {
    demo = await WatchedDemo.start(server);
    await demo.load(LOAD_SECONDS);
  }, 120_000);
  afterAll(() => demo?.stop());

  it('Prometheus has every metric of the list', async () => {
    const expected = METRICS.map((metric) =>
      metric.kind === 'histogram' ? `${prometheusName(metric)}_bucket` : prometheusName(metric),
    );
    let missing: string[] = [];
    await until('all metrics', WITHIN_MS, async () => {
      const names = await demo.prometheus.metricNames();
      missing = expected.filter((name) => !names.includes(name));
      return missing.length === 0;
    }).catch(() => undefined);
    expect(missing).toEqual([]);
  });

  it.each(QUERIES)('the panel "$title" shows data: $legendFormat', async ({ expr }) => {
    const expression = withVariables(expr, WINDOW);
    await until(`data of ${expression}`, WITHIN_MS, async () => {
      const results = await demo.prometheus.query(expression);
      return results.length > 0;
    });
  });

  it('each figure of the server has one value, although two processes run', async () => {
    const results = await demo.prometheus.query('count by (server_port) (session_redis_memory_used_bytes)');
    expect(results.map(({ value }) => value)).toEqual([1]);
  });

  it('no alert fires under ordinary load', async () => {
    const firing = await demo.prometheus.query('ALERTS{alertstate="firing"}');
    expect(firing.map(({ metric }) => metric['alertname'])).toEqual([]);
  });
});
