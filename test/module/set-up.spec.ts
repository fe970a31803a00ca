import { type DynamicModule, type INestApplication, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  MemoryStore,
  SESSION_STORE,
  SessionModule,
  type SessionModuleOptions,
  SessionOptionsError,
  SessionService,
  SessionUsageError,
} from 'nestjs-redis-session';
import { log } from '../support/log-book.js';
import { onEachPlatform, type Platform } from '../support/platforms.js';

const MEMORY: SessionModuleOptions = { store: 'memory' };

function moduleWith(...imports: (Type | DynamicModule)[]): Type {
  class AppModule {}
  Module({ imports })(AppModule);
  return AppModule;
}

// As an application without types can call them.
const forRoot = (...options: unknown[]) =>
  (SessionModule.forRoot as (...options: unknown[]) => DynamicModule).call(SessionModule, ...options);
const forRootAsync = (options: unknown) => SessionModule.forRootAsync(options as never);

/** Starts an application that must fail, and returns the error. */
async function refusal(root: () => Type, platform: Platform): Promise<Error> {
  let app: INestApplication;
  try {
    app = await NestFactory.create(root(), platform.adapter(), { abortOnError: false, logger: log });
    await app.init();
  } catch (error) {
    return error as Error;
  }
  await app.close();
  throw new Error('it started');
}

onEachPlatform((platform) => {
  describe('a second set of sessions in one application', () => {
    const sync = () => SessionModule.forRoot(MEMORY);
    const async = () => SessionModule.forRootAsync({ useFactory: () => MEMORY });
    const viaFeature = () => moduleWith(sync());

    test.each([
      ['forRoot() twice', () => [sync(), sync()]],
      ['forRoot() and forRootAsync()', () => [sync(), async()]],
      ['forRootAsync() twice', () => [async(), async()]],
      ['forRoot() again in a feature module', () => [sync(), viaFeature()]],
      [
        'forRoot() with isGlobal: false in two modules',
        () => [0, 1].map(() => moduleWith(SessionModule.forRoot({ ...MEMORY, isGlobal: false }))),
      ],
      [
        'forRoot() and that of a subclass',
        () => {
          class MySessions extends SessionModule {}
          return [sync(), MySessions.forRoot(MEMORY)];
        },
      ],
    ])('the start fails with %s', async (_how, imports) => {
      const error = await refusal(() => moduleWith(...imports()), platform);

      expect(error).toBeInstanceOf(SessionUsageError);
      expect(error.message).toMatch(
        /expected one import of SessionModule\.forRoot\(\).*received 2.*in the root module alone/,
      );
    });

    test('one module imported in two places, and two applications in one process, are accepted', async () => {
      const shared = SessionModule.forRoot({ ...MEMORY, isGlobal: false });
      const root = moduleWith(moduleWith(shared), moduleWith(shared));
      const apps = await Promise.all(
        [root, moduleWith(sync()), moduleWith(sync())].map((module) =>
          NestFactory.create(module, platform.adapter(), { logger: log, abortOnError: false }),
        ),
      );
      await Promise.all(apps.map((app) => app.init()));

      const stores = apps.map((app) => app.get<unknown>(SESSION_STORE, { strict: false }));
      expect(new Set(stores).size).toBe(3);
      await Promise.all(apps.map((app) => app.close()));
    });
  });

  test('the module without forRoot() is rejected, and the message says what to write', async () => {
    const alone = await refusal(() => moduleWith(SessionModule), platform);
    const beside = await refusal(() => moduleWith(SessionModule.forRoot(MEMORY), SessionModule), platform);

    expect(alone).toBeInstanceOf(SessionOptionsError);
    expect(alone.message).toMatch(
      /expected SessionModule\.forRoot\(\) in "imports".*call forRoot\(\), for example/,
    );
    expect(beside.message).toMatch(/forRoot\(\)/);
  });

  describe('values that are not options', () => {
    class Nothing {
      createSessionOptions() {
        return Promise.resolve(undefined);
      }
    }
    class Other {}

    test.each<[string, () => DynamicModule, RegExp]>([
      ['forRoot(null)', () => forRoot(null), /expected an object of options, received null/],
      ['forRoot(undefined)', () => forRoot(undefined), /received undefined.*call forRoot\(\) without/],
      ["forRoot('x')", () => forRoot('x'), /received "x"/],
      ['forRoot([])', () => forRoot([]), /received an array/],
      ['forRoot(() => …)', () => forRoot(() => MEMORY), /received a function/],
      [
        'a factory that returns null',
        () => forRootAsync({ useFactory: () => null }),
        /received null.*or return them/,
      ],
      [
        'a factory that resolves to null',
        () => forRootAsync({ useFactory: () => Promise.resolve(null) }),
        /received null/,
      ],
      ['a factory without return', () => forRootAsync({ useFactory: () => undefined }), /received undefined/],
      [
        'a factory that returns a string',
        () => forRootAsync({ useFactory: () => 'redis://a' }),
        /received "redis:/,
      ],
      ['a class that returns no options', () => forRootAsync({ useClass: Nothing }), /received undefined/],
      [
        'a value that is not a class',
        () => forRootAsync({ useClass: Other }),
        /useClass: expected a class with a method createSessionOptions\(\)/,
      ],
      [
        'a value that is not a provider',
        () => forRootAsync({ imports: [moduleThatExports(Other)], useExisting: Other }),
        /useExisting: expected a class with a method createSessionOptions\(\)/,
      ],
      ['forRootAsync(null)', () => forRootAsync(null), /expected one of useFactory, useClass, useExisting/],
      ['forRootAsync({})', () => forRootAsync({}), /expected one of useFactory, useClass, useExisting/],
      [
        'two sources',
        () => forRootAsync({ useFactory: () => MEMORY, useClass: Nothing }),
        /received useFactory and useClass/,
      ],
      [
        'a factory that is not a function',
        () => forRootAsync({ useFactory: MEMORY }),
        /useFactory: expected a function that returns/,
      ],
      [
        'options beside the factory',
        () => forRootAsync({ useFactory: () => MEMORY, redis: 'redis://a' }),
        /redis: expected no option here, received one. Return it from the factory/,
      ],
    ])(
      'the start fails with %s instead of options, and the message says what was expected',
      async (_what, sessions, message) => {
        const error = await refusal(() => moduleWith(sessions()), platform);

        expect(error).toBeInstanceOf(SessionOptionsError);
        expect(error.message).toMatch(/^Wrong session options:\n- /);
        expect(error.message).toMatch(message);
      },
    );
  });
});

test('two test modules of one application can exist side by side', async () => {
  const root = moduleWith(SessionModule.forRoot(MEMORY));
  const compile = () =>
    Test.createTestingModule({ imports: [root] })
      .setLogger(log)
      .overrideProvider(SESSION_STORE)
      .useValue(new MemoryStore())
      .compile();
  const [one, other] = [await compile(), await compile()];

  expect(await one.get(SessionService).count('alice')).toBe(0);
  expect(await other.get(SessionService).count('alice')).toBe(0);
  await Promise.all([one.close(), other.close()]);
});

test('a number that may lack its unit is accepted, and a warning asks about the unit', async () => {
  const context = await NestFactory.createApplicationContext(
    SessionModule.forRoot({ ...MEMORY, idle: 1_800, absolute: '12h' }),
    { logger: log, abortOnError: false },
  );
  await context.close();

  expect(log.recent('warn')).toEqual([
    `The option "idle" is 1800. Without a unit that is 1800 ms. Did you mean '1800s' or '1800m'? Else write '1800ms'.`,
  ]);
});

function moduleThatExports(provider: Type): DynamicModule {
  return { module: class Source {}, providers: [provider], exports: [provider] };
}
