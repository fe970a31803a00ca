import { setTimeout as wait } from 'node:timers/promises';
import { SessionHealth } from 'nestjs-redis-session';
import { until } from '../support/until.js';
import { Load, withoutTraces } from './support/load.js';
import { recordFault } from './support/record.js';
import { useSite } from './support/site.js';
import { UNAVAILABLE } from './support/visitor.js';

const TURNS = 14;
const TURN_MS = 50;
/** On each of the two platforms. */
const PER_SECOND = 25;
/** Who has not answered by then hangs. */
const PATIENCE_MS = 30_000;
const BURST = 200;
/** A breaker lets a call through no sooner than this after the last, and that may try twice. */
const SHORTEST_REST_MS = 100;
const TRIES = 2;

describe('faults of the breaker', () => {
  const holder = useSite();
  let restoreTraces: () => void;
  beforeAll(() => void (restoreTraces = withoutTraces()));
  afterAll(() => restoreTraces());
  afterEach(() => holder.site.redis.ask('REPLICAOF', 'NO', 'ONE'));
  const health = () => Promise.all(holder.site.apps.map(({ app }) => app.get(SessionHealth).report()));
  const readings = async () => {
    const { cmdstat_hgetall: text = '' } = await holder.site.redis.info('INFO', 'commandstats');
    const count = (name: string) => Number(new RegExp(`${name}=(\\d+)`).exec(text)?.[1] ?? 0);
    return count('calls') + count('rejected_calls');
  };

  test('F23 a Redis that flaps: an answer each time, no sign-out is confirmed that was none, and an end', async () => {
    const { proxy } = holder.site;
    const visitors = await holder.site.signedIn();
    const loads = holder.site.apps.map(
      (app, index) => new Load(app.port, '/account', visitors.clients[index]?.cookie ?? '', PER_SECOND),
    );
    for (let turn = 0; turn < TURNS; turn++) {
      await (turn % 2 ? proxy.pass() : proxy.refuse());
      const leaving = holder.site.apps.map((app) => app.client());
      for (const [index, client] of leaving.entries()) {
        const own = `/sign-in/leaver-${turn}-${index}`;
        if ((await client.post(own)).status !== 200) continue;
        const kept = client.copy();
        if ((await client.post('/sign-out')).status !== 200) continue;
        await until(
          'an answer',
          5_000,
          async () => (await kept.get('/account')).status !== 503 || turn < TURNS,
        );
        expect((await kept.get('/account')).status).not.toBe(200);
      }
      await wait(TURN_MS);
    }
    await proxy.pass();
    const recoveryMs = await visitors.recover();
    await Promise.all(loads.map((load) => load.stop(PATIENCE_MS)));

    for (const load of loads) {
      const { unanswered, statuses } = load.tally(0, Infinity);
      expect(unanswered).toBe(0);
      expect(Object.keys(statuses).filter((status) => status !== '200' && status !== '503')).toEqual([]);
    }
    expect((await health()).map(({ status, breaker }) => ({ status, breaker }))).toEqual(
      holder.site.apps.map(() => ({ status: 'up', breaker: 'closed' })),
    );
    const slowestMs = Math.max(...loads.map((load) => load.tally(0, Infinity).slowestMs));
    recordFault('F23', {
      client: '200 or 503; no sign-out is confirmed that was none',
      slowestMs,
      recoveryMs,
    });
  }, 60_000);

  test('F23 a breaker that is open: requests cost Redis next to nothing, one probe closes it, and all are let through at once', async () => {
    const { redis } = holder.site;
    const visitors = await holder.site.signedIn();
    await redis.ask('CONFIG', 'SET', 'replica-serve-stale-data', 'no');
    await redis.ask('REPLICAOF', '127.0.0.1', 1);
    const isOpen = async () => (await health()).every(({ breaker }) => breaker === 'open');
    await until('open breakers', 5_000, async () => {
      expect(await visitors.get('/account')).toEqual(UNAVAILABLE);
      return isOpen();
    });
    const before = await readings();
    const startedAt = performance.now();
    for (let sent = 0; sent < BURST; sent += 10) {
      await Promise.all(Array.from({ length: 10 }, () => visitors.copy().get('/account')));
    }
    const probes = (performance.now() - startedAt) / SHORTEST_REST_MS + 2;
    expect((await readings()) - before).toBeLessThan(TRIES * probes * holder.site.apps.length);
    await redis.ask('REPLICAOF', 'NO', 'ONE');
    await visitors.recover();

    for (const app of holder.site.apps) {
      expect(await app.eventsOf('store-down')).not.toEqual([]);
      expect((await app.eventsOf('store-up')).length).toBe((await app.eventsOf('store-down')).length);
    }
  });
});
