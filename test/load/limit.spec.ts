import { shardOfUser } from 'nestjs-redis-session/core';
import type { Client } from '../support/client.js';
import { type DemoProcess, PLATFORMS } from '../demo/support/demo-process.js';
import { DemoSite, signIn } from '../demo/support/demo-site.js';
import { until } from '../support/until.js';
import { takeCensus } from '../races/support/census.js';
import { demoReading, newsWithinMs, READINGS } from '../races/support/readings.js';
import { Sampler } from './support/sampler.js';

const MAX = 3;
const LOGINS = 200;
const PREFIX = 'session:';

const SETTINGS = PLATFORMS.flatMap((platform) => READINGS.map((reading) => ({ platform, ...reading })));

describe.each(SETTINGS)('parallel logins to two processes, on $platform $how', ({ platform, isCached }) => {
  const env = {
    HTTP_ADAPTER: platform,
    SESSION_MAX: String(MAX),
    SESSION_DEADLINE: '10s',
    ...demoReading(isCached),
  };
  let site: DemoSite;
  let processes: DemoProcess[];

  beforeAll(async () => {
    site = await DemoSite.open();
    processes = await Promise.all([site.start(env), site.start(env)]);
  });
  afterAll(() => site.close());

  /** Returns `live` or the reason of a session's end for each client, once all processes know of all evictions. */
  const standingOf = async (clients: readonly Client[], live: number): Promise<string[]> => {
    let standing: string[] = [];
    const ask = async () => {
      const answers = await Promise.all(clients.map((client) => client.get('/api/me')));
      standing = answers.map(({ status, body }) => (status === 200 ? 'live' : reasonOf(body)));
      return standing.filter((each) => each === 'live').length === live;
    };
    await until('all evictions', newsWithinMs(isCached), ask).catch(() => undefined);
    return standing;
  };

  /** Logs a user in from many browsers at once. */
  const logIn = (count: number, username: string): Promise<Client[]> =>
    Promise.all(
      Array.from({ length: count }, (_, index) => signIn(processes[index % 2]!.client(), username)),
    );

  it(`${LOGINS} parallel logins never exceed a limit of ${MAX}, and each evicted client receives the reason [WSTG-SESS-11] [F31]`, async () => {
    const sampler = await Sampler.start(site.server.url, sessionsBeside('alice'));
    const clients = await logIn(LOGINS, 'alice');
    const samples = await sampler.stop();

    expect(samples.length).toBeGreaterThan(MAX);
    expect(Math.max(...samples)).toBe(MAX);
    const reasons = await standingOf(clients, MAX);
    expect(reasons.filter((reason) => reason === 'live')).toHaveLength(MAX);
    expect(reasons.filter((reason) => reason === 'evicted')).toHaveLength(LOGINS - MAX);
    expect(await takeCensus(site.redis, PREFIX)).toEqual({
      sessions: MAX,
      indexes: 1,
      notices: LOGINS - MAX,
    });
  });

  it('the next login enforces a lowered limit', async () => {
    const clients = await logIn(MAX, 'bob');
    for (const client of clients) expect((await client.get('/api/me')).status).toBe(200);
    const stricter = await site.start({ ...env, SESSION_MAX: '1' });
    const last = await signIn(stricter.client(), 'bob');

    expect((await last.get('/api/sessions')).body).toHaveLength(1);
    expect(await standingOf(clients, 0)).toEqual(clients.map(() => 'evicted'));
  });
});

/** Returns the prefix of the keys of a user's sessions. */
function sessionsBeside(user: string): string {
  return `${PREFIX}{${shardOfUser(user)}}:`;
}

function reasonOf(body: unknown): string {
  return (body as { reason: string }).reason;
}
