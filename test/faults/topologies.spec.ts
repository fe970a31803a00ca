import { randomUUID } from 'node:crypto';
import type { SessionModuleOptions } from 'nestjs-redis-session';
import { shardOfUser } from 'nestjs-redis-session/core';
import { assertRedisClean, findKeys } from '../store/redis-keyspace.js';
import { startApp, type TestApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { platforms } from '../support/platforms.js';
import { type ClusterTopology, startCluster } from '../support/redis-cluster.js';
import { canRunTopologies, type RedisNode } from '../support/redis-node.js';
import { type SentinelTopology, startSentinel } from '../support/redis-sentinel.js';
import { until } from '../support/until.js';
import { recordFault } from './support/record.js';
import { ShopController } from './support/routes.js';
import { DEADLINE_MS, SLACK_MS } from './support/site.js';
import { UNAVAILABLE, userOn, Visitors } from './support/visitor.js';

const START_WITHIN_MS = 60_000;
const WITHIN_MS = DEADLINE_MS + SLACK_MS;
const prefix = `fault:${randomUUID()}:`;

(canRunTopologies ? describe : describe.skip)('faults of several servers', () => {
  let visitors: Visitors;
  afterEach(() => expect(visitors.slowestMs).toBeLessThan(WITHIN_MS));

  const startApps = (session: SessionModuleOptions): Promise<TestApp[]> =>
    Promise.all(
      platforms.map((platform) =>
        startApp(platform, {
          controllers: [ShopController],
          session: { outage: { deadline: DEADLINE_MS }, prefix, ...session },
        }),
      ),
    );
  const stopApps = (apps: readonly TestApp[]) => Promise.all(apps.map(({ app }) => app.close()));

  /** Waits until sessions are available, and checks that every response before is a 503. */
  const untilBack = async () => {
    await until('the end of the outage', 20_000, async () => {
      const outcomes = await Promise.all(visitors.clients.map((client) => client.get('/account')));
      expect(outcomes.every(({ status }) => status === 200 || status === 503)).toBe(true);
      return outcomes.every(({ status }) => status === 200);
    });
  };

  describe('behind Sentinel', () => {
    let topology: SentinelTopology;
    let apps: TestApp[];
    beforeAll(async () => {
      topology = await startSentinel();
      apps = await startApps({ redis: topology.target });
      visitors = Visitors.of(apps);
      await visitors.signIn();
    }, START_WITHIN_MS);
    afterAll(async () => {
      await stopApps(apps);
      await topology.stop();
    });

    test(
      'a failover causes timely 503s until a replica is promoted, and all users are still signed in then [F7]',
      async () => {
        await visitors.put('/cart/kite');
        await topology.untilReplicated();
        visitors.restartClock();
        const master = await topology.master();
        await master.kill();
        const startedAt = performance.now();
        expect(await visitors.get('/account')).toEqual(UNAVAILABLE);
        await untilBack();
        const recoveryMs = performance.now() - startedAt;

        expect((await visitors.get('/cart')).body).toEqual({ cart: 'kite' });
        expect((await visitors.put('/cart/boat')).status).toBe(200);
        expect(await topology.master()).not.toBe(master);
        recordFault('F7', {
          client: '503 until a replica is promoted, then as before',
          slowestMs: visitors.slowestMs,
          recoveryMs,
        });
      },
      START_WITHIN_MS,
    );
  });

  describe('on a Cluster', () => {
    let cluster: ClusterTopology;
    let apps: TestApp[];
    beforeAll(async () => {
      cluster = await startCluster();
      apps = await startApps({ redis: cluster.target });
    }, START_WITHIN_MS);
    beforeEach(async () => {
      visitors = Visitors.of(apps);
      await visitors.signIn();
      visitors.restartClock();
    });
    afterAll(async () => {
      await stopApps(apps);
      await cluster.stop();
    });

    test('no route needs keys of several slots [F15]', async () => {
      const someone = Visitors.of(apps);
      expect((await someone.put('/cart/kite')).status).toBe(200);
      await someone.signIn();
      for (const path of ['/visits', '/regenerate', '/sign-out'])
        expect((await someone.post(path)).status).toBe(200);
      for (const master of await cluster.masters()) await assertRedisClean(master.admin, prefix);
      expect(
        (await Promise.all((await cluster.masters()).map(({ admin }) => findKeys(admin, prefix)))).flat(),
      ).not.toEqual([]);
      recordFault('F15', { client: 'nothing', slowestMs: someone.slowestMs });
    });

    test('sessions in a migrating slot can be read and written; a script with keys on both nodes gets 503 [F14]', async () => {
      const slot = await cluster.slotOf(`{${shardOfUser(userOn('Express'))}}`);
      const from = await cluster.masterOf(slot);
      const to = (await cluster.masters()).find((node) => node !== from) as RedisNode;
      await cluster.beginMove(slot, to);
      const client = visitors.clients[0] as Client;
      for (const write of ['/cart/kite', '/cart/boat']) expect((await client.put(write)).status).toBe(200);
      expect((await client.post('/visits')).status).toBe(200);
      const keys = (await from.ask('CLUSTER', 'GETKEYSINSLOT', slot, 1_000)) as string[];
      const move = (key: string) => from.ask('MIGRATE', '127.0.0.1', to.port, key, 0, 5_000);
      await move(keys[0] as string);
      const { status } = await client.get('/account');
      expect(status).toBe(200);
      const { status: onWrite } = await client.post('/regenerate');
      expect(onWrite).toBe(503);
      for (const key of keys.slice(1)) await move(key);
      await cluster.endMove(slot, to);
      const recoveryMs = await visitors.recover();

      expect((await visitors.post('/regenerate')).status).toBe(200);
      expect((await visitors.get('/account')).status).toBe(200);
      const seen = 'reads succeed; 503 for a script with keys on both nodes';
      recordFault('F14', { client: seen, slowestMs: visitors.slowestMs, recoveryMs });
    });

    test(
      'a dead master causes timely 503s for its sessions until its replica is promoted [F16]',
      async () => {
        await cluster.untilReplicated();
        const slot = await cluster.slotOf(`{${shardOfUser(userOn('Express'))}}`);
        const master = await cluster.masterOf(slot);
        await master.kill();
        const startedAt = performance.now();
        const [client] = visitors.clients;
        expect((await (client as NonNullable<typeof client>).get('/account')).status).toBe(503);
        await untilBack();
        const recoveryMs = performance.now() - startedAt;

        expect((await visitors.get('/account')).status).toBe(200);
        const seen = '503 for the sessions on that master, until its replica is promoted';
        recordFault('F16', { client: seen, slowestMs: visitors.slowestMs, recoveryMs });
      },
      START_WITHIN_MS,
    );
  });
});
