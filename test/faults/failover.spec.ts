import { type SessionModuleOptions } from 'nestjs-redis-session';
import { canRunTopologies, HOST, RedisNode, untilReplicated } from '../support/redis-node.js';
import { until } from '../support/until.js';
import { recordFault } from './support/record.js';
import { Site } from './support/site.js';

(canRunTopologies ? describe : describe.skip)('a failover that loses writes', () => {
  let site: Site;
  let replica: RedisNode;
  const begin = async (session: SessionModuleOptions) => {
    site = await Site.start({ args: ['--repl-diskless-sync-delay', '0'], session });
    replica = await RedisNode.start({ args: ['--replicaof', HOST, String(site.redis.port)] });
    await until('a replica', 10_000, async () => (await replica.info())['master_link_status'] === 'up');
    const visitors = await site.signedIn();
    await untilReplicated([site.redis, replica]);
    return visitors;
  };
  const failOver = async () => {
    await site.redis.kill();
    await replica.ask('REPLICAOF', 'NO', 'ONE');
    site.proxy.redirect(replica.port);
  };
  afterEach(async () => {
    await site.stop();
    await replica.stop();
  });

  test.each([
    ['', {}],
    [', with the cache', { cache: true }],
  ])(
    'a failover undoes a sign-out that no replica has, and the client of a lost session gets a regular 401 [F8]%s',
    async (_how, session) => {
      const visitors = await begin(session);
      await replica.ask('REPLICAOF', HOST, 1);
      const revived = visitors.copy();
      expect((await visitors.post('/sign-out')).status).toBe(200);
      const lost = await site.signedIn();
      for (let visit = 0; visit < 2; visit++) expect((await lost.get('/account')).status).toBe(200);
      await failOver();
      const recoveryMs = await revived.recover();

      expect((await revived.get('/account')).status).toBe(200);
      expect(await lost.get('/account')).toMatchObject({ status: 401, cookie: 'cleared' });
      const client = 'a sign-out just before is undone, unless `durability` waited for a replica';
      recordFault('F8', { client, recoveryMs });
    },
  );

  test('with durability, a sign-out that a replica confirmed survives the failover [F8]', async () => {
    const visitors = await begin({ durability: { replicas: 1, timeout: '200ms' } });
    const kept = visitors.copy();
    expect((await visitors.post('/sign-out')).status).toBe(200);
    for (const app of site.apps) expect(await app.eventsOf('not-replicated')).toEqual([]);
    await failOver();

    await kept.recover('/account', 401);
    expect((await kept.get('/account')).status).toBe(401);
  });

  test('with durability, an event reports a sign-out that no replica has [F8]', async () => {
    const visitors = await begin({ durability: { replicas: 1, timeout: '50ms' } });
    await replica.ask('REPLICAOF', HOST, 1);
    expect((await visitors.post('/sign-out')).status).toBe(200);

    for (const app of site.apps) expect(await app.eventsOf('not-replicated')).toHaveLength(1);
  });
});
