import { SessionCache, type SessionModuleOptions, SessionModule } from 'nestjs-redis-session';
import { startApp, type TestApp } from '../support/app.js';
import { platforms } from '../support/platforms.js';
import { freePort, type RedisServer, startRedisServer } from '../support/redis-server.js';
import { until } from '../support/until.js';
import { recordFault } from './support/record.js';
import { ShopController } from './support/routes.js';
import { DEADLINE_MS, SLACK_MS } from './support/site.js';
import { UNAVAILABLE, Visitors } from './support/visitor.js';

const FAILS_WITHIN_MS = 10_000;
/** Cookie of a client that was signed in before. */
const RETURNING = `__Host-sid=${'A'.repeat(46)}`;

describe('faults of the start', () => {
  let server: RedisServer | undefined;
  let port: number;
  let apps: TestApp[];
  beforeEach(async () => {
    apps = [];
    port = await freePort();
  });
  afterEach(async () => {
    await Promise.all(apps.map(({ app }) => app.close()));
    await server?.stop();
    server = undefined;
  });

  const start = (session: SessionModuleOptions) =>
    Promise.all(
      platforms.map((platform) =>
        startApp(platform, {
          controllers: [ShopController],
          sessionModule: SessionModule.forRoot({
            redis: { url: `redis://127.0.0.1:${port}`, options: { disconnectTimeout: 50 } },
            ...session,
            outage: { deadline: DEADLINE_MS, ...session.outage },
          }),
        }),
      ),
    );

  test('if Redis is unavailable, the start fails soon, waits or continues, as outage.startup says [F1]', async () => {
    const startedAt = performance.now();
    await expect(start({})).rejects.toThrow('redis: expected');
    expect(performance.now() - startedAt).toBeLessThan(FAILS_WITHIN_MS);

    const waiting = start({ outage: { startup: 'wait' } });
    apps.push(...(await start({ outage: { startup: 'degraded' } })));
    const visitors = Visitors.of(apps);
    for (const client of visitors.clients) client.cookie = RETURNING;
    for (const path of ['/account', '/cart']) expect(await visitors.get(path)).toEqual(UNAVAILABLE);
    expect((await visitors.get('/prices')).status).toBe(200);
    expect(visitors.slowestMs).toBeLessThan(DEADLINE_MS + SLACK_MS);
    server = await startRedisServer({ port });
    const recoveryMs = await visitors.copy().recover('/account', 401);
    await visitors.signIn();
    expect((await visitors.get('/account')).status).toBe(200);
    apps.push(...(await waiting));

    const client = '503 with `degraded`; otherwise the application has not started';
    recordFault('F1', { client, slowestMs: visitors.slowestMs, recoveryMs });
  }, 60_000);

  test('a degraded start bypasses the cache, which is coherent once Redis is available [F1]', async () => {
    apps.push(...(await start({ outage: { startup: 'degraded' }, cache: true })));
    const states = () => apps.map(({ app }) => app.get(SessionCache).statistics().state);
    expect(states()).toEqual(apps.map(() => 'bypassed'));
    server = await startRedisServer({ port });
    await until('coherent caches', 15_000, () => states().every((state) => state === 'coherent'));
    const visitors = Visitors.of(apps);
    await visitors.signIn();
    for (let visit = 0; visit < 3; visit++) expect((await visitors.get('/account')).status).toBe(200);
    for (const { app } of apps) expect(app.get(SessionCache).statistics().hits).toBeGreaterThan(0);
  }, 60_000);
});
