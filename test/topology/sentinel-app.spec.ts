import { behindSentinel, ownClient } from '../../docs/examples/topologies.js';
import { PASSWORD, refusedCommands, userArgs } from '../support/access.js';
import { canRunTopologies } from '../support/redis-node.js';
import type { SentinelTopology } from '../support/redis-sentinel.js';
import { startSentinel } from '../support/redis-sentinel.js';
import { APP_PREFIX, describeApps, handingIn } from './support/app-suite.js';

let topology: SentinelTopology;

(canRunTopologies ? describe : describe.skip)(
  'applications on a master, two replicas and three Sentinels',
  () => {
    beforeAll(async () => {
      topology = await startSentinel(userArgs(`${APP_PREFIX}*`));
      const { sentinels, name } = topology.target;
      process.env['REDIS_SENTINELS'] = sentinels.map(({ host, port }) => `${host}:${port}`).join(', ');
      process.env['REDIS_MASTER'] = name;
      process.env['REDIS_PASSWORD'] = PASSWORD;
    }, 60_000);
    afterAll(() => topology?.stop());

    describeApps({
      what: 'Sentinel',
      servers: {
        nodes: () => topology.nodes,
        failover: () => topology.failover('kill'),
        heal: () => topology.heal(),
        untilReplicated: () => topology.untilReplicated(),
      },
      setups: [
        { name: 'by the addresses', open: () => ({ options: behindSentinel() }) },
        handingIn('by a client that is handed in', ownClient),
      ],
    });

    it('applications behind Sentinel use only commands that the page grants', async () => {
      const refused = await Promise.all(topology.nodes.map((node) => node.ask('ACL', 'LOG')));
      expect(refusedCommands(refused)).toEqual([]);
    });
  },
);
