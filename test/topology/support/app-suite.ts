import { randomUUID } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';
import type { SessionModuleOptions } from 'nestjs-redis-session';
import { shardOfUser } from 'nestjs-redis-session/core';
import { assertRedisClean, findKeys } from '../../store/redis-keyspace.js';
import type { TestApp } from '../../support/app.js';
import { startApp } from '../../support/app.js';
import type { Client } from '../../support/client.js';
import type { Platform } from '../../support/platforms.js';
import { onEachPlatform } from '../../support/platforms.js';
import type { RedisNode } from '../../support/redis-node.js';
import { Stage, staged } from '../../support/stage.js';
import { watchRejections } from './rejections.js';
import { Traffic } from './traffic.js';

/** Common beginning of the key prefixes of the suite's applications. */
export const APP_PREFIX = 'app:';
/** User who signs in. */
export const VISITOR = 'alice';

const WITHIN_MS = 60_000;
const VISITS = 10;
/** The default deadline, and the delay on a busy machine. */
const ANSWER_WITHIN_MS = 250 + 750;

/** Several servers, one of which can be replaced. */
interface Servers {
  nodes(): readonly RedisNode[];
  failover(): Promise<void>;
  heal(): Promise<void>;
  untilReplicated(): Promise<void>;
}

/** One way to configure the servers in the module. */
interface Setup {
  readonly name: string;
  open(): OpenSetup;
}

interface OpenSetup {
  readonly options: SessionModuleOptions;
  /** Closes the connections that the module does not own. */
  readonly close?: () => void;
}

interface AppSuite {
  readonly what: string;
  readonly servers: Servers;
  readonly setups: readonly Setup[];
}

/** Defines the tests of applications on several servers, on each platform and with each setup. */
export function describeApps({ what, servers, setups }: AppSuite): void {
  describe(`applications on ${what}`, () => {
    const sites: Site[] = [];
    watchRejections();
    afterAll(async () => {
      for (const site of sites) await site.close();
    });

    describe.each(setups)('$name', ({ name, open }) => {
      onEachPlatform((platform) => {
        let site: Site;

        beforeAll(async () => {
          site = await Site.open(`${platform.name}, ${name}`, platform, open());
          sites.push(site);
        });

        it("a sign-in moves an anonymous visitor's data to the user's server", async () => {
          for (let visit = 0; visit < VISITS; visit++) {
            const visitor = site.app.client();
            await visitor.post('/stage/cart');
            const left = visitor.copy();
            expect((await visitor.post('/stage/login')).status).toBe(200);
            await askWho(visitor);
            expect((await left.get('/stage/whoami')).body).toEqual({ user: null });
          }
          const keys = await keysOn(servers.nodes(), site.prefix);
          const sessions = keys.filter((key) => /\}:[\w-]{22}$/.test(key));
          expect(sessions).toHaveLength(VISITS);
          for (const key of sessions) expect(key).toContain(`{${shardOfUser(VISITOR)}}`);
        });
      });
    });

    it(
      'applications respond with 503 in time until a dead master is replaced, and then serve all sessions',
      async () => {
        const visitors = await Promise.all(sites.map((site) => site.signIn()));
        await servers.untilReplicated();
        const traffics = visitors.map((visitor) =>
          Traffic.of(() => askWho(visitor)).expecting(isUnavailable),
        );
        await servers.failover();
        await Promise.all(traffics.map((traffic) => traffic.settle()));
        await Promise.all(traffics.map((traffic) => traffic.stop()));
        for (const [index, traffic] of traffics.entries()) {
          console.log(traffic.describe(`${what}, ${sites[index]?.name}`));
          expect(traffic.failures.length).toBeGreaterThan(0);
          expect(traffic.strangeFailures).toEqual([]);
          expect(traffic.slowestMs).toBeLessThan(ANSWER_WITHIN_MS);
        }
        await servers.heal();
      },
      WITHIN_MS,
    );
  });
}

function furnish(stage: Stage, app: TestApp): void {
  stage.on('cart', (session) => {
    session['cart'] = ['kite'];
  });
  stage.on('login', (_session, request) => app.sessions.signIn(request, { id: VISITOR }));
  stage.on('whoami', (session, request) => {
    return { user: app.sessions.describe(request)?.userId ?? null, cart: session['cart'] };
  });
}

/** A running application. */
class Site {
  private constructor(
    readonly name: string,
    readonly app: TestApp,
    readonly prefix: string,
    private readonly closeClient: () => void,
  ) {}

  static async open(name: string, platform: Platform, { options, close }: OpenSetup): Promise<Site> {
    const prefix = `${APP_PREFIX}${randomUUID()}:`;
    const stage = new Stage();
    const session = { ...options, prefix, cookie: { secure: 'auto' } } as const;
    const app = await startApp(platform, { ...staged(stage), session });
    furnish(stage, app);
    return new Site(name, app, prefix, close ?? (() => undefined));
  }

  async signIn(): Promise<Client> {
    const client = this.app.client();
    await client.post('/stage/cart');
    expect((await client.post('/stage/login')).status).toBe(200);
    return client;
  }

  async close(): Promise<void> {
    await this.app.stop();
    this.closeClient();
  }
}

/** Returns a setup in which the application passes in its own client. */
export function handingIn(name: string, createClient: () => Redis | Cluster): Setup {
  return {
    name,
    open: () => {
      const client = createClient();
      client.on('error', () => undefined);
      return { options: { redis: client }, close: () => client.disconnect() };
    },
  };
}

class WrongAnswer extends Error {
  constructor(
    readonly status: number,
    readonly details: object,
  ) {
    super(`${status} ${JSON.stringify(details)}`);
  }
}

/** Rejects unless the application recognizes the visitor as alice, with her cart. */
async function askWho(visitor: Client): Promise<void> {
  const { status, text, sessionCookie } = await visitor.get('/stage/whoami');
  const isRight = status === 200 && text === JSON.stringify({ user: VISITOR, cart: ['kite'] });
  if (!isRight || sessionCookie !== null) throw new WrongAnswer(status, { text, sessionCookie });
}

function isUnavailable(error: unknown): boolean {
  return error instanceof WrongAnswer && error.status === 503;
}

/** Returns the keys on all masters, and checks the invariants of each. */
async function keysOn(nodes: readonly RedisNode[], prefix: string): Promise<string[]> {
  const roles = await Promise.all(nodes.map((node) => node.info('INFO', 'replication')));
  const masters = nodes.filter((_, index) => roles[index]?.['role'] === 'master').map(({ admin }) => admin);
  for (const master of masters) await assertRedisClean(master, prefix);
  return (await Promise.all(masters.map((master) => findKeys(master, prefix)))).flat();
}
