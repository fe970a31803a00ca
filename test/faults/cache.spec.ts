import { until } from '../support/until.js';
import { recordFault } from './support/record.js';
import { SLACK_MS, DEADLINE_MS, useSite } from './support/site.js';
import { userOn, Visitors } from './support/visitor.js';

const STALENESS_MS = 500;

describe('faults of the cache', () => {
  const holder = useSite({ session: { cache: { staleness: `${STALENESS_MS}ms` } } });
  /** Returns visitors whose sessions the cache holds, after several visits. */
  const known = async () => {
    const visitors = await holder.site.signedIn();
    for (let visit = 0; visit < 5; visit++) expect((await visitors.get('/account')).status).toBe(200);
    return visitors;
  };
  /** Ends all sessions behind the application's back, by deleting their keys. */
  const endAll = async () => {
    for (const { platform, sessions } of holder.site.apps) {
      for (const { id } of await sessions.list(userOn(platform.name)))
        await holder.site.redis.ask('DEL', holder.site.keyOf(id));
    }
  };

  test('a cache without invalidations serves its copies no longer than the staleness bound [F22]', async () => {
    const { redis, proxy } = holder.site;
    const cut = await known();
    await redis.ask('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await endAll();
    const cutAt = performance.now();
    await until(
      'the end to be visible',
      10_000,
      async () => (await cut.copy().get('/account')).status === 401,
    );
    const recoveryMs = performance.now() - cutAt;
    expect(recoveryMs).toBeLessThan(STALENESS_MS + SLACK_MS);

    const silent = await known();
    const ids = await Promise.all(
      holder.site.apps.map(({ platform, sessions }) => sessions.list(userOn(platform.name))),
    );
    proxy.freeze();
    for (const { id } of ids.flat()) await redis.ask('DEL', holder.site.keyOf(id));
    const silentAt = performance.now();
    await until(
      'the end of the staleness bound',
      10_000,
      async () => (await silent.copy().get('/account')).status === 503,
    );
    expect(performance.now() - silentAt).toBeLessThan(STALENESS_MS + DEADLINE_MS + SLACK_MS);
    await proxy.pass();
    await Visitors.of(holder.site.apps).recover('/account', 401);
    await silent.recover('/account', 401);
    await endAll();

    const client = 'the old state, for at most `staleness`; then 401, or 503 if Redis is silent';
    recordFault('F22', { client, recoveryMs });
  });
});
