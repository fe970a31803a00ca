import { type DemoProcess, PLATFORMS } from '../demo/support/demo-process.js';
import { DemoSite } from '../demo/support/demo-site.js';
import { takeCensus } from './support/census.js';

const ROUNDS = 20;
const REQUESTS = 100;

describe.each(PLATFORMS)('parallel requests to two processes, on %s', (platform) => {
  let site: DemoSite;
  let processes: DemoProcess[];

  beforeAll(async () => {
    site = await DemoSite.open();
    const env = { HTTP_ADAPTER: platform, SESSION_DEADLINE: '10s' };
    processes = await Promise.all([site.start(env), site.start(env)]);
  });
  afterAll(() => site.close());

  it(`of ${ROUNDS} rounds of ${REQUESTS} requests that each set a field of their own, no field is lost`, async () => {
    let survivors = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const visitor = processes[0]!.client();
      await visitor.put('/api/data/first', { value: round });
      const answers = await Promise.all(
        Array.from({ length: REQUESTS }, (_, index) =>
          processes[index % 2]!.client(visitor.cookie).put(`/api/data/field${index}`, { value: index }),
        ),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      const { first, ...fields } = (await visitor.get('/api/data')).body as Record<string, number>;
      expect(first).toBe(round);
      survivors += Object.entries(fields).filter(([name, value]) => name === `field${value}`).length;
    }
    expect(survivors).toBe(ROUNDS * REQUESTS);
    expect(await takeCensus(site.redis, 'session:')).toEqual({ sessions: ROUNDS, indexes: 0, notices: 0 });
  });
});
