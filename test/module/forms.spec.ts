import { randomUUID } from 'node:crypto';
import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Redis } from 'ioredis';
import {
  MemoryStore,
  SESSION_REDIS,
  SESSION_STORE,
  SessionModule,
  type SessionModuleOptions,
  type SessionOptionsFactory,
  SessionService,
  type SessionStore,
} from 'nestjs-redis-session';
import { redis, REDIS_URL, startApp, type TestApp } from '../support/app.js';
import { log } from '../support/log-book.js';
import { onEachPlatform } from '../support/platforms.js';
import { Stage, staged } from '../support/stage.js';

const prefix = () => `test:${randomUUID()}:`;

@Injectable()
class ConfigService {
  readonly options: SessionModuleOptions = {
    redis: REDIS_URL,
    prefix: prefix(),
    cookie: { name: 'by-config' },
  };
}

@Module({ providers: [ConfigService], exports: [ConfigService] })
class ConfigModule {}

@Injectable()
class OptionsFactory implements SessionOptionsFactory {
  createSessionOptions(): SessionModuleOptions {
    return { redis: REDIS_URL, prefix: prefix(), cookie: { name: 'by-class' } };
  }
}

@Injectable()
class SlowOptionsFactory extends OptionsFactory {
  // An application may have to fetch its options.
  override createSessionOptions(): SessionModuleOptions {
    return { ...super.createSessionOptions(), cookie: { name: 'by-existing' } };
  }
}

@Module({ providers: [SlowOptionsFactory], exports: [SlowOptionsFactory] })
class OptionsModule {}

onEachPlatform((platform) => {
  const stage = new Stage();
  stage.on('visit', (session) => (session['visits'] = ((session['visits'] as number | undefined) ?? 0) + 1));

  const start = (sessionModule: Parameters<typeof startApp>[1] extends infer S ? S : never) =>
    startApp(platform, { ...staged(stage), ...sessionModule });
  /** Returns the name of the cookie that the application sets. */
  const cookieName = async (app: TestApp) => {
    const { setCookies } = await app.client().post('/stage/visit');
    return setCookies.map((cookie) => cookie.split('=')[0]);
  };

  describe('the forms of setting up the module', () => {
    test('forRoot() accepts options', async () => {
      const options = { redis: REDIS_URL, prefix: prefix(), cookie: { name: 'by-root' } };

      expect(await cookieName(await start({ sessionModule: SessionModule.forRoot(options) }))).toEqual([
        'by-root',
      ]);
    });

    test('forRootAsync() accepts a factory, the providers that it injects, and their modules', async () => {
      const sessionModule = SessionModule.forRootAsync({
        imports: [ConfigModule],
        inject: [ConfigService],
        useFactory: ({ options }: ConfigService) => Promise.resolve(options),
      });

      expect(await cookieName(await start({ sessionModule }))).toEqual(['by-config']);
    });

    test('forRootAsync() accepts a class', async () => {
      const sessionModule = SessionModule.forRootAsync({ useClass: OptionsFactory });

      expect(await cookieName(await start({ sessionModule }))).toEqual(['by-class']);
    });

    test('forRootAsync() accepts an existing provider', async () => {
      const sessionModule = SessionModule.forRootAsync({
        imports: [OptionsModule],
        useExisting: SlowOptionsFactory,
      });

      expect(await cookieName(await start({ sessionModule }))).toEqual(['by-existing']);
    });

    test('forRoot() works in an application context without HTTP, for jobs and commands', async () => {
      const context = await Test.createTestingModule({
        imports: [SessionModule.forRoot({ redis: REDIS_URL, prefix: prefix() })],
      })
        .setLogger(log)
        .compile();
      await context.init();

      expect(await context.get(SessionService).list('alice')).toEqual([]);
      await context.close();
    });
  });

  describe('the option redis', () => {
    const serves = async (app: TestApp, keyPrefix: string) => {
      const browser = app.client();
      await browser.post('/stage/visit');
      expect((await browser.post('/stage/visit')).text).toBe('2');
      expect(await redis().keys(`${keyPrefix}*`)).toHaveLength(1);
    };

    test('the option redis accepts a URL', async () => {
      const keyPrefix = prefix();
      const sessionModule = SessionModule.forRoot({ redis: REDIS_URL, prefix: keyPrefix });

      await serves(await start({ sessionModule }), keyPrefix);
    });

    test('the option redis accepts ioredis options', async () => {
      const keyPrefix = prefix();
      const { hostname, port } = new URL(REDIS_URL);
      const target = { host: hostname, port: Number(port), connectionName: keyPrefix };
      const sessionModule = SessionModule.forRoot({ redis: target, prefix: keyPrefix });

      await serves(await start({ sessionModule }), keyPrefix);
      expect(await redis().client('LIST')).toContain(`name=${keyPrefix}`);
    });

    test('the option redis accepts a client of the application, which is never closed, with warnings', async () => {
      const keyPrefix = prefix();
      const client = new Redis(REDIS_URL);
      const app = await start({ sessionModule: SessionModule.forRoot({ redis: client, prefix: keyPrefix }) });
      await serves(app, keyPrefix);
      expect(app.app.get<Redis>(SESSION_REDIS)).toBe(client);
      expect(log.recent('warn').join()).toMatch(
        /unsafe for sessions: enableOfflineQueue.*maxRetriesPerRequest/,
      );
      await app.app.close();

      expect(await client.ping()).toBe('PONG');
      await client.quit();
    });

    test('the option redis accepts a client that is configured for sessions, without a warning', async () => {
      const keyPrefix = prefix();
      const client = new Redis(REDIS_URL, {
        enableOfflineQueue: false,
        maxRetriesPerRequest: 0,
        lazyConnect: true,
      });
      await client.connect();
      const options = {
        redis: client,
        prefix: keyPrefix,
        redisChecks: { ignore: ['no-persistence'] } as const,
      };
      const app = await start({ sessionModule: SessionModule.forRoot(options) });
      await app.app.close();

      expect(log.troubles).toEqual([]);
      expect(client.status).toBe('ready');
      await client.quit();
    });
  });

  describe('without Redis', () => {
    const { NODE_ENV } = process.env;
    afterEach(() => {
      process.env['NODE_ENV'] = NODE_ENV;
    });

    test('sessions live in memory without Redis, with one warning', async () => {
      const app = await start({ sessionModule: SessionModule.forRoot() });
      const browser = app.client();
      await browser.post('/stage/visit');

      expect((await browser.post('/stage/visit')).text).toBe('2');
      expect(app.app.get<unknown>(SESSION_STORE)).toBeInstanceOf(MemoryStore);
      expect(app.app.get<unknown>(SESSION_REDIS)).toBeNull();
      expect(log.recent('warn').filter((line) => line.includes('memory'))).toEqual([
        expect.stringMatching(/kept in memory: they are lost.*Set the option "redis"/),
      ]);
    });

    test('the start fails without Redis under NODE_ENV=production, and the message says what to do', async () => {
      process.env['NODE_ENV'] = 'production';

      await expect(start({ sessionModule: SessionModule.forRoot() })).rejects.toThrow(
        /NODE_ENV=production.*Set "redis", or choose memory by name: store: 'memory'/,
      );
    });

    test("store: 'memory' allows the memory store under NODE_ENV=production, without a warning", async () => {
      process.env['NODE_ENV'] = 'production';
      const app = await start({ sessionModule: SessionModule.forRoot({ store: 'memory' }) });

      expect((await app.client().post('/stage/visit')).text).toBe('1');
      expect(log.recent('warn').join()).not.toContain('memory');
    });
  });

  describe('replaced parts', () => {
    test('the option store replaces the store', async () => {
      const store = new MemoryStore();
      const app = await start({ sessionModule: SessionModule.forRoot({ store }) });
      await app.client().post('/stage/visit');

      expect(store.size).toBe(1);
      expect(app.app.get<unknown>(SESSION_STORE)).toBe(store);
    });

    test('overrideProvider(SESSION_STORE) replaces the store, even if the memory store would be rejected', async () => {
      const { NODE_ENV } = process.env;
      process.env['NODE_ENV'] = 'production';
      const store: SessionStore = new MemoryStore();
      const module = await Test.createTestingModule({ imports: [SessionModule.forRoot()] })
        .setLogger(log)
        .overrideProvider(SESSION_STORE)
        .useValue(store)
        .compile();
      process.env['NODE_ENV'] = NODE_ENV;

      expect(await module.get(SessionService).count('alice')).toBe(0);
      await module.close();
    });

    test('overrideProvider(SESSION_REDIS) replaces the Redis client', async () => {
      const keyPrefix = prefix();
      const client = new Redis(REDIS_URL);
      const module = await Test.createTestingModule({
        imports: [SessionModule.forRoot({ redis: 'redis://redis.invalid', prefix: keyPrefix })],
        ...staged(stage),
      })
        .setLogger(log)
        .overrideProvider(SESSION_REDIS)
        .useValue(client)
        .compile();
      const nest = module.createNestApplication(platform.adapter());
      await nest.listen(0, '127.0.0.1');
      const { port } = new URL(await nest.getUrl());
      await fetch(`http://127.0.0.1:${port}/stage/visit`, { method: 'POST' });
      await nest.close();

      expect(await client.keys(`${keyPrefix}*`)).toHaveLength(1);
      await client.quit();
    });
  });
});
