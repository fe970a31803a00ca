import { Inject, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import {
  MemoryStore,
  RedisStore,
  SESSION_REDIS,
  SESSION_STORE,
  SessionHealth,
  SessionModule,
  type SessionModuleOptions,
  SessionService,
} from 'nestjs-redis-session';
import { REDIS_URL } from '../support/app.js';
import { log } from '../support/log-book.js';

/** A server instead of Redis that counts connections. */
let server: Server;
let connections = 0;

beforeAll(async () => {
  server = createServer((socket) => {
    connections++;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
beforeEach(() => (connections = 0));
afterAll(() => server.close());

/** Returns options as in production, with everything that only Redis needs. */
const options = (): SessionModuleOptions => ({
  redis: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
  ...{
    prefix: 'shop:',
    cache: true,
    outage: { startup: 'wait', deadline: '1s' },
    durability: { replicas: 1 },
  },
});

class OwnStore extends MemoryStore {
  constructor() {
    super();
  }
}

const testing = (imports: Parameters<typeof Test.createTestingModule>[0]['imports'] & object) =>
  Test.createTestingModule({ imports }).setLogger(log);

describe('a test that replaces the store opens no Redis', () => {
  const store = new MemoryStore();
  afterAll(() => store.close());

  test.each([
    ['forRoot()', () => SessionModule.forRoot(options())],
    ['forRootAsync()', () => SessionModule.forRootAsync({ useFactory: () => Promise.resolve(options()) })],
  ])('a store replaced by a value opens no Redis: %s', async (_how, sessions) => {
    const module = await testing([sessions()]).overrideProvider(SESSION_STORE).useValue(store).compile();
    await module.init();

    expect(await module.get(SessionService).count('alice')).toBe(0);
    expect(await module.get(SessionHealth).report()).toMatchObject({ status: 'up' });
    expect(module.get<unknown>(SESSION_REDIS)).toBeNull();
    expect(log.recent('warn')).toEqual([expect.stringMatching(/The option "cache" has no effect.*replaced/)]);
    await module.close();
    expect(connections).toBe(0);
  });

  test('a store replaced by a factory or a class opens no Redis', async () => {
    const byFactory = testing([SessionModule.forRoot(options())])
      .overrideProvider(SESSION_STORE)
      .useFactory({ factory: () => store });
    const byClass = testing([SessionModule.forRoot(options())])
      .overrideProvider(SESSION_STORE)
      .useClass(OwnStore);
    for (const builder of [byFactory, byClass]) {
      const module = await builder.compile();
      expect(await module.get(SessionService).count('alice')).toBe(0);
      await module.close();
    }
    expect(connections).toBe(0);
  });

  test('a store replaced by a value leaves a client of the application unconnected', async () => {
    const client = new Redis({ port: (server.address() as AddressInfo).port, lazyConnect: true });
    const module = await testing([SessionModule.forRoot({ redis: client })])
      .overrideProvider(SESSION_STORE)
      .useValue(store)
      .compile();
    await module.close();

    expect(client.status).toBe('wait');
    expect(connections).toBe(0);
  });

  test('a replaced store that uses the client opens Redis', async () => {
    class StoreOfClient extends RedisStore {
      constructor(@Inject(SESSION_REDIS) client: Redis) {
        super(client, { prefix: 'replaced:', deadlineMs: 5_000, noticeTtlMs: 60_000 });
      }
    }
    const module = await testing([
      SessionModule.forRoot({ redis: REDIS_URL, redisChecks: { ignore: ['no-persistence'] } }),
    ])
      .overrideProvider(SESSION_STORE)
      .useClass(StoreOfClient)
      .compile();

    expect(await module.get(SessionService).count('alice')).toBe(0);
    expect(module.get<unknown>(SESSION_REDIS)).toBeInstanceOf(Redis);
    await module.close();
  });
});

test('a client replaced by null opens no Redis, and sessions live in memory', async () => {
  @Module({ imports: [SessionModule.forRoot(options())] })
  class AppModule {}
  const module = await testing([AppModule]).overrideProvider(SESSION_REDIS).useValue(null).compile();

  expect(module.get<unknown>(SESSION_STORE)).toBeInstanceOf(MemoryStore);
  await module.close();
  expect(connections).toBe(0);
});
