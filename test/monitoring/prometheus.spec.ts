import { METRICS, prometheusName } from 'nestjs-redis-session/telemetry';
import { until } from '../support/until.js';
import { boardPanels, withVariables } from '../ops/support/board.js';
import { describeWithPrometheus } from '../ops/support/prometheus-programs.js';
import { WatchedDemo } from './support/watched-demo.js';

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
    demo.startLoad();
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

  it('the visitors sign in', async () => {
    await until('sign-ins', WITHIN_MS, async () => {
      const [all] = await demo.prometheus.query(
        'sum (session_sign_ins_total{session_sign_in_outcome="created"})',
      );
      return (all?.value ?? 0) > 0;
    });
  });

  it.each(QUERIES)('the panel "$title" shows data: $legendFormat', async ({ expr }) => {
    const expression = withVariables(expr, WINDOW);
    await until(`data of ${expression}`, WITHIN_MS, async () => {
      const results = await demo.prometheus.query(expression);
      return results.some(({ value }) => Number.isFinite(value));
    });
  });

  it('each figure of the server has one value, although two processes run', async () => {
    const results = await demo.prometheus.query('count by (server_port) (session_redis_memory_used_bytes)');
    expect(results.map(({ value }) => value)).toEqual([1]);
    const processes = await demo.prometheus.query('count (session_requests_total{session_state="none"})');
    expect(processes.map(({ value }) => value)).toEqual([2]);
  });

  it('no alert fires under ordinary load', async () => {
    const firing = await demo.prometheus.query('ALERTS{alertstate="firing"}');
    expect(firing.map(({ metric }) => metric['alertname'])).toEqual([]);
  });

  it('the alert on Redis is pending for both processes when Redis stops answering', async () => {
    await demo.freezeRedis();
    await until('two alerts', WITHIN_MS, async () => {
      const alerts = await demo.prometheus.query('ALERTS{alertname="SessionRedisUnreachable"}');
      return new Set(alerts.map(({ metric }) => metric['instance'])).size === 2;
    });
  });
});
