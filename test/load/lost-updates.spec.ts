import type { Client } from '../support/client.js';
import { type DemoProcess, PLATFORMS } from '../demo/support/demo-process.js';
import { DemoSite } from '../demo/support/demo-site.js';
import { until } from '../support/until.js';
import { takeCensus } from '../races/support/census.js';
import { demoReading, newsWithinMs, READINGS } from '../races/support/readings.js';

const REQUESTS = 100;
const SETTINGS = PLATFORMS.flatMap((platform) =>
  READINGS.map((reading) => ({ platform, ...reading, rounds: reading.isCached ? 5 : 20 })),
);

describe.each(SETTINGS)('parallel requests to two processes, on $platform $how', (setting) => {
  const { platform, isCached, rounds } = setting;
  let site: DemoSite;
  let processes: DemoProcess[];

  beforeAll(async () => {
    site = await DemoSite.open();
    const env = { HTTP_ADAPTER: platform, SESSION_DEADLINE: '10s', ...demoReading(isCached) };
    processes = await Promise.all([site.start(env), site.start(env)]);
  });
  afterAll(() => site.close());

  /** Counts the fields of a session that have the value that was set. A lost field stays lost, so reads may be repeated. */
  const survivorsOf = async (visitor: Client, round: number): Promise<number> => {
    let survivors = 0;
    const read = async () => {
      const { first, ...fields } = (await visitor.get('/api/data')).body as Record<string, number>;
      expect(first).toBe(round);
      survivors = Object.entries(fields).filter(([name, value]) => name === `field${value}`).length;
      return survivors === REQUESTS;
    };
    await until('all fields', newsWithinMs(isCached), read).catch(() => undefined);
    return survivors;
  };

  it(`no field is lost in ${rounds} rounds of ${REQUESTS} requests that each set a field of their own`, async () => {
    let survivors = 0;
    for (let round = 0; round < rounds; round++) {
      const visitor = processes[0]!.client();
      await visitor.put('/api/data/first', { value: round });
      const answers = await Promise.all(
        Array.from({ length: REQUESTS }, (_, index) =>
          processes[index % 2]!.client(visitor.cookie).put(`/api/data/field${index}`, { value: index }),
        ),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      survivors += await survivorsOf(visitor, round);
    }
    expect(survivors).toBe(rounds * REQUESTS);
    expect(await takeCensus(site.redis, 'session:')).toEqual({ sessions: rounds, indexes: 0, notices: 0 });
  });
});
