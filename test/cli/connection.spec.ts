import { Redis } from 'ioredis';
import { runCli } from '../support/cli.js';
import { canRunTopologies, HOST, RedisNode } from '../support/redis-node.js';
import { freePort } from '../support/redis-server.js';
import { until } from '../support/until.js';

const PASSWORD = 'correct-horse';
const WRONG = 'hunter2-hunter2';
const KEYS = 20_000;

let node: RedisNode;

beforeAll(async () => {
  node = await RedisNode.start({ args: ['--dbfilename', 'dump.rdb'] });
  await node.ask('CONFIG', 'SET', 'requirepass', PASSWORD);
});
afterAll(() => node?.stop());

async function failure(env: Record<string, string>, args: string[] = []) {
  const { code, stdout, stderr } = await runCli(['stats', '--timeout', '3s', ...args], env);
  expect(stderr).not.toMatch(/\n\s+at /); // no stack
  expect(stdout + stderr).not.toContain(WRONG);
  return { code, stderr: stderr.trim() };
}

describe('a Redis that cannot be used', () => {
  it('names the form of a URL that cannot be read', async () => {
    const { code, stderr } = await failure({ REDIS_URL: `localhost:${WRONG}` });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^Error: The address of Redis is invalid: expected a URL such as redis:/);
  });

  it('names the address on which no server listens', async () => {
    const port = await freePort();
    const { code, stderr } = await failure({ REDIS_URL: `redis://app:${WRONG}@${HOST}:${port}` });
    expect(code).toBe(3);
    expect(stderr).toBe(
      `Error: No server accepts connections at ${HOST}:${port}: start Redis there, or correct the address.`,
    );
  });

  it('names a wrong password', async () => {
    const { code, stderr } = await failure({ REDIS_URL: `redis://:${WRONG}@${HOST}:${node.port}` });
    expect(code).toBe(3);
    expect(stderr).toMatch(/^Error: Redis at .* rejects the user or the password: correct /);
  });

  it('names a missing password, and takes it from a variable', async () => {
    const env = { REDIS_HOST: HOST, REDIS_PORT: String(node.port) };
    const { code, stderr } = await failure(env);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^Error: Redis at .* requires a password: set REDIS_PASSWORD /);
    expect((await runCli(['stats'], { ...env, REDIS_PASSWORD: PASSWORD })).code).toBe(0);
  });

  it('names a server that is no Cluster', async () => {
    const { code, stderr } = await failure({ REDIS_PASSWORD: PASSWORD }, [
      '--cluster',
      `${HOST}:${node.port}`,
    ]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^Error: Redis at .* is no Cluster: /);
  });

  it('prints the error as JSON with --json', async () => {
    const { code, stdout } = await runCli(['stats', '--json', '--host', HOST, '--port', String(node.port)]);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ error: { reason: 'unreachable' } });
  });

  (canRunTopologies ? it : it.skip)('names a server that is loading its data', async () => {
    const fill = `for i = 1, ${KEYS} do redis.call('SET', 'crowd:' .. i, i, 'PX', 600000) end`;
    await node.ask('EVAL', fill, 0);
    await node.ask('SAVE');
    await node.kill();
    const slowly = ['--key-load-delay', '300', '--loading-process-events-interval-bytes', '1024'];
    const restarted = node.restart(['--dbfilename', 'dump.rdb', ...slowly]);
    const options = { enableReadyCheck: false, maxRetriesPerRequest: 0, retryStrategy: () => 20 };
    const probe = new Redis(node.port, HOST, options);
    probe.on('error', () => undefined); // until the server accepts connections
    await until('a server that loads', 10_000, async () =>
      String(await probe.ping().catch(String)).includes('LOADING'),
    );
    const { code, stderr } = await failure({ REDIS_URL: `redis://${HOST}:${node.port}` });
    probe.disconnect();
    expect(code).toBe(3);
    expect(stderr).toMatch(/^Error: Redis at .* is loading its data.*: try again when it has finished\.$/);
    await restarted;
  });
});
