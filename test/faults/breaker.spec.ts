import { setTimeout as wait } from 'node:timers/promises';
import { SessionHealth } from 'nestjs-redis-session';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';
import { Load, withoutTraces } from './support/load.js';
import { recordFault } from './support/record.js';
import { useSite } from './support/site.js';
import { UNAVAILABLE } from './support/visitor.js';

const TURNS = 14;
/** Largest number of turns, if none of the first ones confirms a sign-out. */
const MOST_TURNS = 60;
const TURN_MS = 50;
/** Rate on each of the two platforms. */
const PER_SECOND = 25;
/** Time after which a request without a response counts as hanging. */
const PATIENCE_MS = 30_000;
const BURST = 200;
/** Shortest time between two calls that an open circuit breaker admits; each call may run twice. */
const SHORTEST_REST_MS = 100;
const TRIES = 2;

describe('faults of the breaker', () => {
  const holder = useSite();
  let restoreTraces: () => void;
  beforeAll(() => void (restoreTraces = withoutTraces()));
  afterAll(() => restoreTraces());
  afterEach(() => holder.site.redis.ask('REPLICAOF', 'NO', 'ONE'));
  const health = () => Promise.all(holder.site.apps.map(({ app }) => app.get(SessionHealth).report()));
  /** Signs in a user per application and turn, so that one user of each application can sign out in each turn. */
  const everyoneSignedIn = async () => {
    const clients: Client[] = [];
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      for (const app of holder.site.apps) {
        const client = app.client();
        await until('a sign-in', 5_000, async () => {
          return (await client.post(`/sign-in/leaver-${clients.length}`)).status === 200;
        });
        clients.push(client);
      }
    }
    return clients;
  };
  const readings = async () => {
    const { cmdstat_hgetall: text = '' } = await holder.site.redis.info('INFO', 'commandstats');
    const count = (name: string) => Number(new RegExp(`${name}=(\\d+)`).exec(text)?.[1] ?? 0);
    return count('calls') + count('rejected_calls');
  };

  test('while Redis flaps, every request gets a response and confirmed sign-outs have happened; then the service recovers [F23]', async () => {
    const { proxy } = holder.site;
    const visitors = await holder.site.signedIn();
    const loads = holder.site.apps.map(
      (app, index) => new Load(app.port, '/account', visitors.clients[index]?.cookie ?? '', PER_SECOND),
    );
    const leavers = await everyoneSignedIn();
    const signOuts = { confirmed: [] as Client[], refused: 0 };
    for (let turn = 0; turn < TURNS || (signOuts.confirmed.length === 0 && leavers.length > 0); turn++) {
      await (turn % 2 ? proxy.pass() : proxy.refuse());
      for (const client of leavers.splice(0, holder.site.apps.length)) {
        const kept = client.copy();
        const { status } = await client.post('/sign-out');
        if (status === 200) signOuts.confirmed.push(kept);
        else signOuts.refused += 1;
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
    // Both kinds of sign-outs have occurred.
    expect([signOuts.confirmed.length > 0, signOuts.refused > 0]).toEqual([true, true]);
    for (const kept of signOuts.confirmed) expect((await kept.get('/account')).status).toBe(401);
    expect((await health()).map(({ status, breaker }) => ({ status, breaker }))).toEqual(
      holder.site.apps.map(() => ({ status: 'up', breaker: 'closed' })),
    );
    const slowestMs = Math.max(...loads.map((load) => load.tally(0, Infinity).slowestMs));
    recordFault('F23', {
      client: '200 or 503; a confirmed sign-out has happened',
      slowestMs,
      recoveryMs,
    });
  }, 60_000);

  test('an open circuit breaker spares Redis nearly all requests, and one successful probe admits them all again [F23]', async () => {
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
