import { randomUUID } from 'node:crypto';
import { request as httpsRequest, type ServerOptions } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import type { RequestOptions } from 'node:http';
import type { INestApplication, NestApplicationOptions, ModuleMetadata, Type } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { Redis } from 'ioredis';
import {
  RedisStore,
  SESSION_REDIS,
  SESSION_STORE,
  type SessionEvent,
  SessionEvents,
  SessionModule,
  type SessionModuleOptions,
  SessionService,
} from 'nestjs-redis-session';
import { SOURCE } from '../store/redis-keyspace.js';
import { Client, Sightings } from './client.js';
import { log } from './log-book.js';
import type { AdapterOptions, Platform } from './platforms.js';
import type { StoreHook } from './store-hook.js';
import { changeTimes } from './stored-session.js';

/** Parts of a scenario application. */
export interface Scenario extends ModuleMetadata, AdapterOptions {
  /** The options of the session module, beside where Redis is. Or the module itself, made by the test. */
  readonly session?: SessionModuleOptions;
  readonly sessionModule?: NonNullable<ModuleMetadata['imports']>[number];
  /** Port to listen on, for tests that must know it in advance. Default: a free port. */
  readonly port?: number;
  /** Changes the adapter before Nest receives it. */
  readonly early?: (adapter: AbstractHttpAdapter) => unknown;
  /** Code that `main.ts` would run between creating the application and listening. */
  readonly main?: (app: INestApplication) => unknown;
  /** Puts a hook in front of the Redis store. The application is then made by `Test.createTestingModule`. */
  readonly hook?: StoreHook;
}

/** A machine that runs tests has other things to do. */
const PATIENCE_MS = 5_000;
const PATIENT = { deadline: PATIENCE_MS };

const running = new Set<TestApp>();
let inspector: Redis | undefined;

export const REDIS_URL = process.env['TEST_REDIS_URL'] as string;

/** Returns a client to inspect Redis, shared by the tests of a file. */
export function redis(): Redis {
  inspector ??= new Redis(REDIS_URL);
  return inspector;
}

/** Starts an application on a platform. It is stopped, and swept for tokens, when the tests of the file are done. */
export async function startApp(platform: Platform, scenario: Scenario = {}): Promise<TestApp> {
  const { tls } = scenario;
  const prefix = `test:${randomUUID()}:`;
  const adapter = platform.adapter(scenario);
  await scenario.early?.(adapter);
  const root = rootModule(scenario, prefix);
  const app = scenario.hook
    ? (await testingModule(root, scenario.hook, prefix)).createNestApplication(adapter)
    : await NestFactory.create(root, adapter, factoryOptions(tls));
  const testApp = new TestApp(app, prefix, platform, tls);
  await scenario.main?.(app);
  await app.listen(scenario.port ?? 0, '127.0.0.1');
  running.add(testApp);
  return testApp;
}

function factoryOptions(tls: ServerOptions | undefined): NestApplicationOptions {
  return {
    abortOnError: false,
    ...(tls && { httpsOptions: tls as NestApplicationOptions['httpsOptions'] & object }),
  };
}

function rootModule(scenario: Scenario, prefix: string): Type {
  const { session, sessionModule, imports = [], controllers = [], providers = [] } = scenario;
  const sessions =
    sessionModule ??
    SessionModule.forRoot({
      redis: REDIS_URL,
      prefix,
      outage: PATIENT,
      redisChecks: { ignore: ['no-persistence'] },
      ...session,
      ...(session?.outage && { outage: { ...PATIENT, ...session.outage } }),
    });
  class ScenarioModule {}
  Module({ imports: [sessions, ...imports], controllers, providers })(ScenarioModule);
  return ScenarioModule;
}

function testingModule(root: Type, hook: StoreHook, prefix: string) {
  return Test.createTestingModule({ imports: [root] })
    .setLogger(log)
    .overrideProvider(SESSION_STORE)
    .useFactory({
      factory: (client: Redis) =>
        hook.wrap(new RedisStore(client, { prefix, deadlineMs: PATIENCE_MS, noticeTtlMs: 60_000 })),
      inject: [SESSION_REDIS],
    })
    .compile();
}

/** A running application, and what a test wants to know of it. */
export class TestApp {
  readonly seen = new Sightings();
  readonly events: SessionEvent[] = [];

  constructor(
    readonly app: INestApplication,
    readonly prefix: string,
    readonly platform: Platform,
    private readonly tls: ServerOptions | undefined,
  ) {
    app.get(SessionEvents).on('*', (event) => this.events.push(event));
  }

  get port(): number {
    return ((this.app.getHttpServer() as Server).address() as AddressInfo).port;
  }

  get sessions(): SessionService {
    return this.app.get(SessionService);
  }

  client(): Client {
    const address: RequestOptions = { host: '127.0.0.1', port: this.port };
    if (!this.tls) return new Client(address, this.seen);
    return new Client(address, this.seen, (options) => httpsRequest({ ...options, ...TLS_CLIENT }));
  }

  /** Returns the names of this application's keys, without prefix, except those that expire within seconds. */
  async keys(): Promise<string[]> {
    const keys = await redis().keys(`${this.prefix.replaceAll(/[*?[\]\\]/g, '\\$&')}*`);
    const names = keys.map((key) => key.slice(this.prefix.length));
    return names.filter((name) => !SOURCE.test(name)).sort();
  }

  /** Returns the keys of sessions among them. */
  async sessionKeys(): Promise<string[]> {
    return (await this.keys()).filter((key) => /^\{...\}:[^:]+$/.test(key));
  }

  /** Returns the key of a session, by its public id. */
  keyOf(id: string): string {
    return `${this.prefix}{${id.slice(0, 3)}}:${id.slice(3)}`;
  }

  /** Returns the stored hash of a session, by its public id. */
  stored(id: string): Promise<Record<string, string>> {
    return redis().hgetall(this.keyOf(id));
  }

  /** Makes a session look as if it had been idle for some minutes, without shortening its lifetime. */
  async rest(id: string, minutes: number): Promise<void> {
    await changeTimes(redis(), this.keyOf(id), { lastActiveAt: Date.now() - minutes * 60_000 });
  }

  /** Events of a type so far; those under way are waited for. */
  async eventsOf<T extends SessionEvent['type']>(type: T): Promise<SessionEvent<T>[]> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.events.filter((event) => event.type === type) as unknown as SessionEvent<T>[];
  }

  /** Stops the application and checks what must hold whatever it did. */
  async stop(): Promise<void> {
    if (!running.delete(this)) return;
    await this.app.close();
    await this.sweep();
  }

  private async sweep(): Promise<void> {
    const keys = (await this.keys()).map((key) => this.prefix + key);
    const dump = [...keys];
    for (const key of keys) {
      expect({ key, ttl: await redis().pttl(key) }).toEqual({ key, ttl: expect.any(Number) as number });
      expect(await redis().pttl(key)).toBeGreaterThan(0);
      dump.push(JSON.stringify(await contentOf(key)));
    }
    if (keys.length > 0) await redis().del(keys);
    const heard = [
      ...dump,
      ...this.seen.texts,
      ...this.events.map((event) => JSON.stringify(event)),
      ...log.lines.map(({ text }) => text),
    ].join('\n');
    for (const token of this.seen.tokens) {
      // The secret part too: the shard in front of it is no secret.
      expect(heard.includes(token.slice(3)) ? `a token: ${token}` : 'no token').toBe('no token');
    }
  }
}

async function contentOf(key: string): Promise<unknown> {
  const type = await redis().type(key);
  if (type === 'hash') return redis().hgetall(key);
  if (type === 'zset') return redis().zrange(key, '0', '-1');
  return redis().get(key);
}

const TLS_KEY = Buffer.from('a test needs no secret');
const CIPHERS = 'PSK-AES128-GCM-SHA256';
const TLS_CLIENT = {
  agent: false,
  ciphers: CIPHERS,
  pskCallback: () => ({ psk: TLS_KEY, identity: 'test' }),
  checkServerIdentity: () => undefined,
} as const;

/** TLS without a certificate: both ends know a key beforehand. */
export const TLS: ServerOptions = { ciphers: CIPHERS, pskCallback: () => TLS_KEY };

const unhandled: unknown[] = [];
const noteUnhandled = (reason: unknown) => void unhandled.push(reason);

beforeAll(() => void process.on('unhandledRejection', noteUnhandled));
afterEach(() => expect(unhandled.splice(0)).toEqual([]));
afterAll(async () => {
  for (const app of running) await app.stop();
  await inspector?.quit();
  process.off('unhandledRejection', noteUnhandled);
});
