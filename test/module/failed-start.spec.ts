import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import type { Redis } from 'ioredis';
import { SESSION_REDIS, SessionModule, type SessionModuleOptions } from 'nestjs-redis-session';
import '../support/log-book.js';
import { RedisNode } from '../support/redis-node.js';
import { until } from '../support/until.js';

const USER = { username: 'app', password: 'secret' };

let server: RedisNode;
beforeAll(async () => {
  server = await RedisNode.start({});
});
afterAll(() => server.stop());
beforeEach(() => server.ask('ACL', 'SETUSER', 'app', 'reset', 'on', '>secret', '~*', '&*', '+@all'));

const target = () => ({ ...USER, host: '127.0.0.1', port: server.port, disconnectTimeout: 50 });

/** Returns the number of connections to the server that the module holds. */
async function connections(): Promise<number> {
  return String(await server.ask('CLIENT', 'LIST')).split('user=app').length - 1;
}

/** Returns the sockets that keep the process alive. */
function holds(): string[] {
  return process.getActiveResourcesInfo().filter((name) => /^TCP(Socket|Connect)Wrap$/.test(name));
}

const starts: [string, (module: DynamicModule) => Promise<unknown>][] = [
  ['NestFactory', (module) => NestFactory.createApplicationContext(module, { abortOnError: false })],
  ['Test.createTestingModule()', (module) => Test.createTestingModule({ imports: [module] }).compile()],
];

const failures: [string, () => SessionModuleOptions, (string | number)[]][] = [
  ['the store, because Redis rejects its commands', () => ({ redis: target() }), ['-evalsha', '-time']],
  [
    'the store, with a connection for durability',
    () => ({ redis: target(), durability: { replicas: 1 } }),
    ['-evalsha', '-time'],
  ],
  [
    'the cache, because Redis rejects tracking',
    () => ({ redis: target(), cache: true }),
    ['-client|tracking'],
  ],
];

describe.each(starts)('a start by %s that fails after Redis was reached', (_how, start) => {
  it.each(failures)(
    'a failed start closes all connections that it opened: failure in %s',
    async (_where, optionsOf, rules) => {
      await server.ask('ACL', 'SETUSER', 'app', ...rules);
      await expect(start(SessionModule.forRoot(optionsOf()))).rejects.toThrow(/expected/);
      await until('no connection', 5_000, async () => (await connections()) === 0);
    },
  );

  it('the process can end if another part of the application fails to start', async () => {
    let opened: Redis | null = null;
    const fail = (client: Redis) => {
      opened = client;
      throw new Error('the other part fails');
    };
    const failing = { provide: 'FAILING', inject: [SESSION_REDIS], useFactory: fail };
    class AppModule {}
    Module({ imports: [SessionModule.forRoot({ redis: target() })], providers: [failing] })(AppModule);
    const before = holds().length;
    await expect(start({ module: AppModule })).rejects.toThrow('the other part fails');
    await until('nothing that keeps the process alive', 5_000, () => holds().length <= before);
    expect(await connections()).toBeGreaterThan(0);
    (opened as Redis | null)?.removeAllListeners('end').disconnect();
  });
});

it('a start that succeeds keeps the process alive until it is closed', async () => {
  const before = holds().length;
  const app = await NestFactory.createApplicationContext(SessionModule.forRoot({ redis: target() }));
  expect(holds().length).toBeGreaterThan(before);
  await app.close();
  await until('nothing that keeps the process alive', 5_000, () => holds().length <= before);
});
