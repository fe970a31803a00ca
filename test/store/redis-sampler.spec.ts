import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { ServerSampler } from '../support/white-box.js';
import { until } from '../support/until.js';
import { OwnRedis } from './own-redis.js';

const WITHIN_MS = 20_000;
const PROCESS = fileURLToPath(new URL('./sampling-process.ts', import.meta.url));
const TYPESCRIPT = new URL('../support/typescript.mjs', import.meta.url).href;
/** No second sample during a test. */
const NEVER = 3_600_000;

describe('the sampler of server figures', () => {
  const own = OwnRedis.forSpec();
  const open: ServerSampler[] = [];
  const failures: Error[] = [];

  function startSampler(prefix: string, everyMs: number, client = own.client): ServerSampler {
    const onFailure = (error: Error) => void failures.push(error);
    const sampler = new ServerSampler(client, { prefix, everyMs, deadlineMs: 5_000, onFailure });
    open.push(sampler);
    sampler.start();
    return sampler;
  }

  const untilSampled = (sampler: ServerSampler) =>
    until('a sample', WITHIN_MS, () => sampler.figures.length > 0);

  /** Returns the number of times that the server has run INFO. */
  async function infoCalls(): Promise<number> {
    const [, calls] = /cmdstat_info:calls=(\d+)/.exec(await own.client.info('commandstats')) ?? [];
    return Number(calls ?? 0);
  }

  afterEach(async () => {
    await Promise.all(open.splice(0).map((sampler) => sampler.close()));
    failures.length = 0;
  });

  it('reads the figures of the server and counts the keys without a lifetime', async () => {
    const { host, port } = own.client.options;
    await own.client.set('endless', '1');
    await own.client.set('mortal', '1', 'PX', 60_000);
    const sampler = startSampler('figures:', NEVER);
    await untilSampled(sampler);
    const [figures] = sampler.figures;
    expect(figures).toMatchObject({
      address: host,
      port,
      evictedKeys: 0,
      replicas: 0,
      keysWithoutLifetime: 1,
    });
    expect(figures?.memoryUsedBytes).toBeGreaterThan(100_000);
    expect(figures?.memoryResidentBytes).toBeGreaterThan(100_000);
    expect(figures?.connectedClients).toBeGreaterThan(0);
    expect(figures?.networkInputBytes).toBeGreaterThan(0);
    await own.client.del('endless');
  });

  it('one of ten samplers with the same prefix queries the server', async () => {
    const before = await infoCalls();
    const samplers = Array.from({ length: 10 }, () => startSampler('one-of-ten:', NEVER));
    await until('a sample', WITHIN_MS, () => samplers.some(({ figures }) => figures.length > 0));
    // Closing waits for the samples that have begun.
    const holders = samplers.filter(({ figures }) => figures.length > 0);
    await Promise.all(samplers.filter((sampler) => !holders.includes(sampler)).map((one) => one.close()));
    expect(holders).toHaveLength(1);
    // One more is the query of this test.
    expect((await infoCalls()) - before).toBe(2);
  });

  it('another sampler takes over as soon as the first one is closed', async () => {
    // Its lease expires after hours.
    const first = startSampler('closed:', NEVER);
    await untilSampled(first);
    const second = startSampler('closed:', 50);
    await first.close();
    expect(first.figures).toEqual([]);
    await untilSampled(second);
  });

  it('another sampler takes over when the process of the first one has been killed', async () => {
    const prefix = `killed-${randomUUID()}:`;
    const everyMs = 300;
    const child = fork(PROCESS, [`redis://127.0.0.1:${own.client.options.port}`, prefix, String(everyMs)], {
      execArgv: ['--import', TYPESCRIPT],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    await once(child, 'message');
    const survivor = startSampler(prefix, everyMs);
    const [key = ''] = await own.client.keys(`${prefix}*`);
    const holder = await own.client.get(key);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await untilSampled(survivor);
    expect(await own.client.get(key)).not.toBe(holder);
  });

  it('the lease expires by itself', async () => {
    const sampler = startSampler('expires:', 1_000);
    await untilSampled(sampler);
    const [key = ''] = await own.client.keys('expires:*');
    const ttl = await own.client.pttl(key);
    expect(ttl).toBeGreaterThan(0);
    expect(ttl).toBeLessThanOrEqual(3_000);
  });

  it('reports a rejected INFO once, and samples again when it is allowed', async () => {
    await own.client.call('ACL', 'SETUSER', 'limited', 'on', '>secret', '~*', '+@all', '-info');
    const { port } = own.client.options;
    const limited = new Redis({ port, username: 'limited', password: 'secret', enableReadyCheck: false });
    const sampler = startSampler('limited:', 20, limited);
    await until('a failure', WITHIN_MS, () => failures.length > 0);
    await until('several samples', WITHIN_MS, async () => (await deniedCalls()) >= 3);
    expect(failures).toHaveLength(1);
    expect(failures[0]?.message).toMatch(/NOPERM/);
    expect(sampler.figures).toEqual([]);
    await own.client.call('ACL', 'SETUSER', 'limited', '+info');
    await untilSampled(sampler);
    await sampler.close();
    limited.disconnect();
  });

  /** Returns the number of calls of INFO that the server has rejected. */
  async function deniedCalls(): Promise<number> {
    const [, calls] = /cmdstat_info:.*rejected_calls=(\d+)/.exec(await own.client.info('commandstats')) ?? [];
    return Number(calls ?? 0);
  }
});
