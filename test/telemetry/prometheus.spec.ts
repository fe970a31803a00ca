import { Registry } from 'prom-client';
import { METRICS, prometheus, prometheusName, SessionMetricsModule } from 'nestjs-redis-session/telemetry';
import { startApp, type TestApp } from '../support/app.js';
import { onEachPlatform } from '../support/platforms.js';
import { until } from '../support/until.js';
import { DeskController } from './support/desk.js';
import { scraped, seriesIn } from './support/scraped.js';

const TOKEN = 'a token of the collector';

onEachPlatform((platform) => {
  describe('metrics in Prometheus', () => {
    const registry = new Registry();
    let app: TestApp;

    beforeAll(async () => {
      app = await startApp(platform, {
        session: {
          telemetry: prometheus({ registry, servers: '1s', live: '1s' }),
          limit: { max: 2, onExceed: 'evict-oldest' },
          cache: { verifyEvery: 2 },
        },
        imports: [SessionMetricsModule.forRoot({ registry, bearerToken: TOKEN })],
        controllers: [DeskController],
      });
    });

    it('every metric of the catalogue has a series or is known', async () => {
      const page = await registry.metrics();
      for (const metric of METRICS) expect(page).toContain(`# HELP ${prometheusName(metric)} `);
    });

    it('requests, sign-ins, refusals and ends are counted', async () => {
      const before = await scraped(registry);
      const browser = app.client();
      await browser.get('/read');
      await browser.get('/me');
      await browser.post('/write', { note: 'one' });
      await browser.post('/sign-in', { id: 'ada' });
      await browser.get('/me');
      const malformed = String(browser.cookie).replace(/=.*/, '=malformed');
      await app.client().post('/sign-in', { id: 'ada' });
      await app.client().post('/sign-in', { id: 'ada' });
      await browser.get('/me');
      const other = app.client();
      await other.post('/sign-in', { id: 'bob' });
      await other.post('/sign-out');
      await app.client().get('/read', { cookie: malformed });
      await other.post('/guarded', {}, { headers: { Origin: 'https://evil.example' } });
      const after = await scraped(registry);
      const added = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
      expect({
        none: added('session_requests_total{session_state="none"}'),
        anonymous: added('session_requests_total{session_state="anonymous"}'),
        signedIn: added('session_requests_total{session_state="signed-in"}'),
        created: added('session_sign_ins_total{session_sign_in_outcome="created"}'),
        started: added('session_created_total{session_state="anonymous"}'),
        evicted: added('session_ended_total{session_end_reason="evicted"}'),
        signedOut: added('session_ended_total{session_end_reason="signed-out"}'),
        replaced: added('session_ended_total{session_end_reason="replaced"}'),
        notSignedIn: added('session_refusals_total{session_refusal_reason="not-signed-in"}'),
        malformed: added('session_refusals_total{session_refusal_reason="malformed-token"}'),
        ended: added('session_refusals_total{session_refusal_reason="ended-session"}'),
        crossSite: added('session_refusals_total{session_refusal_reason="cross-site"}'),
      }).toEqual({
        ...{ none: 9, anonymous: 1, signedIn: 2, created: 4, started: 1 },
        ...{ evicted: 1, signedOut: 1, replaced: 1, notSignedIn: 2, malformed: 1, ended: 1, crossSite: 1 },
      });
    });

    it('calls to the store are counted and timed by operation, and sizes are recorded', async () => {
      const series = await scraped(registry);
      const timed = series.get(
        'db_client_operation_duration_seconds_count{db_system_name="redis",db_operation_name="signIn"}',
      );
      expect(timed).toBeGreaterThanOrEqual(4);
      expect(series.get('session_store_calls_total{db_operation_name="signIn"}')).toBe(timed);
      expect(series.get('session_size_bytes_count')).toBeGreaterThanOrEqual(1);
      expect(series.get('session_store_breaker_state{session_store_breaker_state="closed"}')).toBe(1);
    });

    it('live sessions, users and the figures of the server are read', async () => {
      await until('the figures of the server', 10_000, async () => {
        const series = await scraped(registry);
        return [...series.keys()].some((name) => name.startsWith('session_redis_memory_used_bytes{'));
      });
      await until('a new estimate', 10_000, async () => {
        const series = await scraped(registry);
        return series.get('session_live_sessions') === 2 && series.get('session_live_users') === 1;
      });
      expect((await scraped(registry)).get('session_live_error_ratio')).toBe(0);
    });

    it('hits of the cache are counted, and compared with Redis', async () => {
      const browser = app.client();
      await browser.post('/sign-in', { id: 'eve' });
      for (let count = 0; count < 10; count++) await browser.get('/read');
      await until('a comparison', 10_000, async () => {
        const series = await scraped(registry);
        return (
          Number(series.get('session_cache_verifications_total{session_cache_verification="current"}')) > 0
        );
      });
      const series = await scraped(registry);
      expect(series.get('session_cache_lookups_total{session_cache_result="hit"}')).toBeGreaterThanOrEqual(5);
      expect(series.get('session_cache_verifications_total{session_cache_verification="stale"}')).toBe(0);
    });

    it('GET /metrics serves the registry to a collector that has the token', async () => {
      const collector = app.client();
      expect((await collector.get('/metrics')).status).toBe(401);
      const authorization = `Bearer ${TOKEN}`;
      const answer = await collector.get('/metrics', { headers: { authorization } });
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(seriesIn(answer.text).get('session_store_outages_total')).toBe(0);
    });
  });
});
