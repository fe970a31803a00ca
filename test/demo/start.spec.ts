import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { readSettings } from '../../apps/demo/src/settings/settings.js';
import { freePort, type RedisServer, startRedisServer } from '../support/redis-server.js';
import { DemoProcess, PLATFORMS } from './support/demo-process.js';
import { signIn } from './support/demo-site.js';
import { Programs } from './support/programs.js';

const ONE_LINE = /^[^\n]+\n$/;

const servers: RedisServer[] = [];

async function startRedis(password: string): Promise<RedisServer> {
  const server = await startRedisServer({ args: ['--requirepass', password] });
  servers.push(server);
  return server;
}

afterEach(async () => {
  await DemoProcess.endAll();
  await Programs.removeAll();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

describe.each(PLATFORMS)('start without REDIS_URL on %s', (platform) => {
  it('the demo prints its address, its users, its session store and how to stop it', async () => {
    const programs = await Programs.withRedis();
    const demo = await DemoProcess.start({
      HTTP_ADAPTER: platform,
      PATH: programs.folder,
      DEMO_USERS: '10000',
    });
    const lines = demo.output.trimEnd().split('\n');
    expect(lines).toEqual([
      `The demo is running at http://127.0.0.1:${demo.port} (${platform})`,
      '  Users: alice, bob, solo (one session at a time), admin and user1 to user10000. Every password is "password", and resets at each start.',
      expect.stringMatching(
        new RegExp(
          `redis://127.0.0.1:\\d+: a redis-server that the demo started \\(process ${await programs.pid()}\\)`,
        ),
      ),
      '  To stop it, press Ctrl-C.',
    ]);
    await signIn(demo.client(), 'user10000');
    expect(await demo.stop()).toBe(0);
  });

  it('the demo completes the running requests before it exits, and waits for no idle connection', async () => {
    const programs = await Programs.withRedis();
    const demo = await DemoProcess.start({ HTTP_ADAPTER: platform, PATH: programs.folder });
    const url = `http://127.0.0.1:${demo.port}`;
    const slow = fetch(`${url}/api/slow`, {
      method: 'POST',
      body: JSON.stringify({ ms: 1000, key: 'color', value: 'red' }),
      headers: { 'Content-Type': 'application/json' },
    }); // over a connection that is kept alive
    await (await fetch(`${url}/health`)).text();
    await delay(300);
    const start = performance.now();
    const stopped = demo.stop();
    expect(await (await slow).json()).toEqual({ color: 'red' });
    expect(await stopped).toBe(0);
    expect(performance.now() - start).toBeLessThan(4_000);
  });

  it('the demo stores sessions in memory when no Redis server is installed, and prints this in one line', async () => {
    const { folder } = await Programs.none();
    const demo = await DemoProcess.start({ HTTP_ADAPTER: platform, PATH: folder, NODE_ENV: 'production' });
    expect(demo.output.match(/memory/g)).toHaveLength(1);
    expect(demo.output.split('\n')[2]).toMatch(/Sessions are stored in memory.*REDIS_URL/);
    const client = await signIn(demo.client());
    expect((await client.get('/api/me')).status).toBe(200);
    expect((await client.get('/health')).status).toBe(200);
    expect(await demo.stop()).toBe(0);
  });

  it('the demo stops its Redis server when the start fails', async () => {
    const programs = await Programs.withRedis();
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    const env = { HTTP_ADAPTER: platform, PATH: programs.folder, PORT: String(port) };
    const demo = DemoProcess.launch(env);
    expect(await demo.ended()).toBe(1);
    listener.close();
    expect(demo.output).toMatch(ONE_LINE);
    expect(demo.output).toContain(`PORT: expected a free port, received ${port}`);
    expect(await programs.pid()).not.toBeNull();
    expect(await programs.isRunning()).toBe(false);
  });
});

describe('shutdown of the demo', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'the demo stops its Redis server on %s',
    async (signal) => {
      const programs = await Programs.withRedis();
      const demo = await DemoProcess.start({ PATH: programs.folder });
      expect(await programs.isRunning()).toBe(true);
      expect(await demo.stop(signal)).toBe(0);
      expect(await programs.isRunning()).toBe(false);
      expect(demo.output).toMatch(/Ctrl-C\.\n$/);
    },
  );

  it('the demo stops its Redis server when it is stopped during the start', async () => {
    const programs = await Programs.withRedis();
    const demo = DemoProcess.launch({ PATH: programs.folder });
    while ((await programs.pid()) === null) await delay(5);
    await demo.stop('SIGTERM');
    expect(demo.output).not.toContain('The demo is running at');
    // Redis received its signal last, and may need another moment.
    const deadline = Date.now() + 3_000;
    while ((await programs.isRunning()) && Date.now() < deadline) await delay(10);
    expect(await programs.isRunning()).toBe(false);
  });
});

describe('failed start of the demo', () => {
  it('the demo tries valkey-server too, and prints the last output of a server that did not start', async () => {
    const programs = await Programs.with('valkey-server', 'echo no memory for that; exit 1');
    const demo = DemoProcess.launch({ PATH: programs.folder });
    expect(await demo.ended()).toBe(1);
    expect(demo.output).toMatch(ONE_LINE);
    expect(demo.output).toContain('valkey-server did not start: no memory for that. Set REDIS_URL');
  });

  it('the demo prints in one line that no server responds at REDIS_URL', async () => {
    const port = await freePort();
    const demo = DemoProcess.launch({ REDIS_URL: `redis://:secret@127.0.0.1:${port}` });
    expect(await demo.ended()).toBe(1);
    expect(demo.output).toMatch(ONE_LINE);
    expect(demo.output).toContain(`redis: expected a server that answers at 127.0.0.1:${port}`);
    expect(demo.output).toContain('ECONNREFUSED');
    expect(demo.output).not.toContain('secret');
  });

  it('the demo prints in one line that the password in REDIS_URL is wrong, without the password', async () => {
    const server = await startRedis('right');
    const demo = DemoProcess.launch({ REDIS_URL: `redis://:secret@127.0.0.1:${server.port}` });
    expect(await demo.ended()).toBe(1);
    expect(demo.output).toMatch(ONE_LINE);
    expect(demo.output).toContain('WRONGPASS');
    expect(demo.output).not.toContain('secret');
  });

  it('the demo prints in one line that two settings contradict each other', async () => {
    const demo = DemoProcess.launch({ SESSION_IDLE: '2h', SESSION_ABSOLUTE: '1h' });
    expect(await demo.ended()).toBe(1);
    expect(demo.output).toMatch(ONE_LINE);
    expect(demo.output).toContain('SESSION_IDLE: expected at most the absolute timeout');
  });

  it('the demo prints in one line that a setting is invalid', async () => {
    const demo = DemoProcess.launch({ PORT: 'eighty' });
    expect(await demo.ended()).toBe(1);
    expect(demo.output).toBe(
      'PORT: expected a whole number from 0 to 65535, received "eighty". Correct it or leave it out.\n',
    );
  });
});

describe('running demo', () => {
  it('the demo never prints the password in REDIS_URL', async () => {
    const server = await startRedis('secret');
    const demo = await DemoProcess.start({ REDIS_URL: server.url });
    expect(demo.output).toContain(`Sessions are stored in Redis at redis://127.0.0.1:${server.port}.`);
    await demo.stop();
    expect(demo.output).not.toContain('secret');
  });

  it('sessions have the idle and absolute timeouts of the settings', async () => {
    const { folder } = await Programs.none();
    const demo = await DemoProcess.start({ PATH: folder, SESSION_IDLE: '90s', SESSION_ABSOLUTE: '2h' });
    const { body } = await (await signIn(demo.client())).get('/api/session');
    const times = body as Record<'signedInAt' | 'lastActiveAt' | 'idleEndAt' | 'absoluteEndAt', string>;
    const span = (from: string, to: string) => Date.parse(to) - Date.parse(from);
    expect(span(times.lastActiveAt, times.idleEndAt)).toBe(90_000);
    expect(span(times.signedInAt, times.absoluteEndAt)).toBe(7_200_000);
  });
});

describe('settings of the demo', () => {
  it('the settings have defaults, which also replace empty variables', () => {
    const settings = {
      port: 3000,
      host: '127.0.0.1',
      httpAdapter: 'express',
      redisUrl: null,
      sentinels: null,
      trustProxy: null,
      drainMs: 0,
      sampling: true,
      demoUsers: 0,
      lab: true,
      session: {},
    };
    expect(readSettings({})).toEqual(settings);
    expect(readSettings({ PORT: '', REDIS_URL: '', SESSION_IDLE: '', HTTP_ADAPTER: '' })).toEqual(settings);
  });

  it('the settings have the values of the variables', () => {
    const env = {
      PORT: '0',
      HOST: '::1',
      HTTP_ADAPTER: 'fastify',
      REDIS_URL: 'rediss://user:p%40ss@redis.example:6380/1',
      SESSION_IDLE: '90000',
      SESSION_ABSOLUTE: '7 days',
      SESSION_MAX: '3',
      SESSION_ON_EXCEED: 'reject',
      DEMO_USERS: '5',
      TRUST_PROXY: 'loopback',
      DRAIN_MS: '2500',
      DEMO_SAMPLING: 'off',
    };
    expect(readSettings(env)).toEqual({
      port: 0,
      host: '::1',
      httpAdapter: 'fastify',
      redisUrl: env.REDIS_URL,
      sentinels: null,
      trustProxy: 'loopback',
      drainMs: 2500,
      sampling: false,
      demoUsers: 5,
      lab: true,
      session: { idle: '90000', absolute: '7 days', limit: { max: 3, onExceed: 'reject' } },
    });
  });

  it('the settings read the addresses of Sentinels', () => {
    const env = { REDIS_SENTINELS: 'one:26380, two', REDIS_MASTER: 'main', REDIS_PASSWORD: 'secret' };
    expect(readSettings(env).sentinels?.target).toEqual({
      sentinels: [
        { host: 'one', port: 26_380 },
        { host: 'two', port: 26_379 },
      ],
      name: 'main',
      password: 'secret',
    });
    expect(() => readSettings({ REDIS_SENTINELS: 'one,/two' })).toThrow(/REDIS_SENTINELS.*received "\/two"/);
    expect(() => readSettings({ REDIS_SENTINELS: 'one', REDIS_URL: 'redis://one' })).toThrow(/received both/);
  });

  it('the settings disable the lab in production unless DEMO_LAB enables it', () => {
    const NODE_ENV = 'production';
    expect(readSettings({ NODE_ENV }).lab).toBe(false);
    expect(readSettings({ NODE_ENV, DEMO_LAB: 'on' }).lab).toBe(true);
    expect(readSettings({ DEMO_LAB: 'off' }).lab).toBe(false);
  });

  it.each([
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['HTTP_ADAPTER', 'koa'],
    ['SESSION_IDLE', 'soon'],
    ['SESSION_IDLE', '-5m'],
    ['SESSION_ABSOLUTE', '0'],
    ['SESSION_MAX', '0'],
    ['SESSION_MAX', 'many'],
    ['SESSION_ON_EXCEED', 'evict'],
    ['DEMO_USERS', '1e3'],
    ['DEMO_LAB', 'yes'],
    ['DEMO_SAMPLING', 'no'],
    ['SESSION_CACHE', 'true'],
  ])('the settings reject %s=%s with the expected and received values and the fix', (name, value) => {
    const message = new RegExp(
      `^${name}: expected [^\\n]+, received "${value}"\\. (Correct it or l|L)eave it out`,
    );
    expect(() => readSettings({ [name]: value })).toThrow(message);
  });

  it.each(['http://127.0.0.1', '127.0.0.1:6379', 'redis://', 'redis://:secret@host:99999'])(
    'the settings reject REDIS_URL=%s without repeating the value',
    (url) => {
      expect(() => readSettings({ REDIS_URL: url })).toThrow(
        /^REDIS_URL: expected the URL of a Redis server/,
      );
      expect(() => readSettings({ REDIS_URL: url })).not.toThrow(/secret|99999/);
    },
  );
});
