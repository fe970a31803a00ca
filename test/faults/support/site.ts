import { randomUUID } from 'node:crypto';
import { SessionModule, type SessionModuleOptions } from 'nestjs-redis-session';
import { assertRedisClean, findKeys, SOURCE } from '../../store/redis-keyspace.js';
import { WITH_DEBUG } from '../../support/server-version.js';
import { startApp, type TestApp } from '../../support/app.js';
import { FaultProxy } from 'nestjs-redis-session/testing';
import { platforms } from '../../support/platforms.js';
import { RedisNode } from '../../support/redis-node.js';
import { Stage, staged } from '../../support/stage.js';
import { eventually } from '../../support/until.js';
import { ShopController } from './routes.js';
import { userOn, Visitors } from './visitor.js';

/** Deadline of a call to Redis in these tests: the default. */
export const DEADLINE_MS = 250;
/** Extra time on a busy machine: generous, but far below the time of a client without a deadline. */
export const SLACK_MS = 4_000;

interface SiteOptions {
  /** Arguments of the server. */
  readonly args?: readonly string[];
  readonly session?: SessionModuleOptions;
}

/** One Redis, a proxy in front of it, and behind that an application on each platform. */
export class Site {
  readonly prefix = `fault:${randomUUID()}:`;
  readonly apps: TestApp[] = [];

  private constructor(
    readonly redis: RedisNode,
    readonly proxy: FaultProxy,
    readonly stage: Stage,
  ) {}

  static async start({ args = [], session = {} }: SiteOptions = {}): Promise<Site> {
    const redis = await RedisNode.start({ args: [...args] });
    const site = new Site(redis, await FaultProxy.start(redis.port), new Stage());
    for (const platform of platforms) site.apps.push(await site.startApp(platform, session));
    return site;
  }

  /** Starts one more application on the same Redis, through the proxy. */
  startApp(platform: (typeof platforms)[number], session: SessionModuleOptions = {}): Promise<TestApp> {
    const { controllers, providers } = staged(this.stage);
    // The default disconnectTimeout would keep Jest waiting for two seconds at the end.
    const redis = { url: `redis://127.0.0.1:${this.proxy.port}`, options: { disconnectTimeout: 50 } };
    return startApp(platform, {
      controllers: [ShopController, ...controllers],
      providers,
      sessionModule: SessionModule.forRoot({
        redis,
        prefix: this.prefix,
        ...session,
        outage: { deadline: DEADLINE_MS, ...session.outage },
      }),
    });
  }

  /** Returns a new visitor on each platform. */
  visitors(): Visitors {
    return Visitors.of(this.apps);
  }

  /** Returns a new visitor on each platform, signed in. */
  async signedIn(): Promise<Visitors> {
    const visitors = this.visitors();
    await visitors.signIn();
    return visitors;
  }

  /** Returns the keys, except those that expire within seconds. */
  async keys(): Promise<string[]> {
    const keys = await findKeys(this.redis.admin, this.prefix);
    return keys.filter((key) => !SOURCE.test(key.slice(this.prefix.length)));
  }

  /** Returns the key of a session, by its public id. */
  keyOf(id: string): string {
    return `${this.prefix}{${id.slice(0, 3)}}:${id.slice(3)}`;
  }

  /** Asserts that each key has an expiry, and that the index of a user names exactly that user's sessions. */
  assertClean(): Promise<void> {
    return assertRedisClean(this.redis.admin, this.prefix);
  }

  /** Signs all users out. */
  async forget(): Promise<void> {
    for (const { sessions, platform } of this.apps) {
      await eventually(() => sessions.revokeAll(userOn(platform.name)));
    }
  }

  async stop(): Promise<void> {
    for (const { app } of this.apps) await app.close();
    await this.proxy.stop();
    await this.redis.stop();
  }
}

/** Sets a site up for the tests of a file, and sweeps it after each of them. */
export function useSite(options: SiteOptions = {}): { site: Site } {
  const holder = {} as { site: Site };
  beforeAll(async () => {
    holder.site = await Site.start({
      ...options,
      args: [...WITH_DEBUG, ...(options.args ?? [])],
    });
  });
  afterEach(async () => {
    await holder.site.proxy.pass();
    await holder.site.assertClean();
    await holder.site.forget();
  });
  afterAll(() => holder.site?.stop());
  return holder;
}
