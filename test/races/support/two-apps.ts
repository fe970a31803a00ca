import { randomUUID } from 'node:crypto';
import type {
  Session,
  SessionEvent,
  SessionEventType,
  SessionId,
  SessionModuleOptions,
} from 'nestjs-redis-session';
import { deleteKeys } from '../../store/redis-keyspace.js';
import { redis, REDIS_URL, startApp, type TestApp } from '../../support/app.js';
import type { Client } from '../../support/client.js';
import type { Platform } from '../../support/platforms.js';
import { type Act, type AnySession, Stage, staged } from '../../support/stage.js';
import { Memories } from '../../support/memories.js';
import { openMonitor } from '../../support/redis-monitor.js';
import { eventually } from '../../support/until.js';
import { type Census, takeCensus } from './census.js';

/** Adds one to a number in a session. */
export function addOne(session: AnySession, field: 'late' | 'visits'): Promise<number> {
  return (session as unknown as Session<{ late: number; visits: number }>).increment(field);
}

/** User who signs in at `/stage/login`. */
export const USER = 'alice';

/** Two instances of one application on one Redis, as behind a load balancer. */
export class TwoApps {
  private readonly prefix = `races:${randomUUID()}:`;
  private readonly stage = new Stage();
  private readonly apps: TestApp[] = [];
  private readonly memories = new Memories(this.apps);
  private turn = 0;

  /** @param isCached true if each instance has a cache */
  constructor(
    private readonly platform: Platform,
    private readonly isCached = false,
  ) {}

  /** Starts both instances, each with its own options. */
  async start(first: SessionModuleOptions = {}, second: SessionModuleOptions = first): Promise<void> {
    for (const options of [first, second]) {
      const session = {
        prefix: this.prefix,
        redis: REDIS_URL,
        cookie: { secure: 'auto' },
        outage: { deadline: '5s' },
        cache: this.isCached,
        ...options,
      } as const;
      this.apps.push(await startApp(this.platform, { ...staged(this.stage), session }));
    }
    this.on('login', (_session, request) => this.first.sessions.signIn(request, { id: USER }));
    this.on('logout', (session) => session.destroy());
    this.on('whoami', (_session, request) => ({
      user: this.first.sessions.describe(request)?.userId ?? null,
    }));
    this.on('fields', (session) => ({ ...session }));
  }

  get first(): TestApp {
    return this.apps[0] as TestApp;
  }

  get second(): TestApp {
    return this.apps[1] as TestApp;
  }

  /** Sets the handler of `/stage/<name>`. */
  on(name: string, act: Act): void {
    this.stage.on(name, act);
  }

  /** Returns a browser at one of the two applications in turn; with a cookie, the browser that received it. */
  client(cookie: string | null = null, app: TestApp = this.apps[this.turn++ % 2] as TestApp): Client {
    const client = app.client();
    client.cookie = cookie;
    return client;
  }

  /** Returns a signed-in browser whose session both applications have cached, if they have a cache. */
  async signedIn(app?: TestApp): Promise<Client> {
    const client = this.client(null, app);
    const { status, body } = await client.post('/stage/login');
    expect(status).toBe(200);
    if (this.isCached) await this.memories.keep((body as { id: SessionId }).id);
    return client;
  }

  /** Waits until both instances have seen all earlier changes, which is at once without a cache. */
  async haveHeard(): Promise<void> {
    if (this.isCached) await this.memories.haveHeard((id) => redis().del(this.keyOf(id)));
  }

  /** Returns the signed-in user of a cookie in both applications, once they have seen all earlier changes. */
  async usersWith(cookie: string | null): Promise<unknown[]> {
    await this.haveHeard();
    const answers = this.apps.map((app) => this.client(cookie, app).post('/stage/whoami'));
    return (await Promise.all(answers)).map(({ body }) => (body as { user: unknown }).user);
  }

  /** Returns the events of both instances. */
  async eventsOf<T extends SessionEventType>(type: T): Promise<SessionEvent<T>[]> {
    return (await Promise.all(this.apps.map((app) => app.eventsOf(type)))).flat();
  }

  /** Waits until both instances reach Redis. */
  async areWhole(): Promise<void> {
    for (const app of this.apps) await eventually(() => app.sessions.ping());
  }

  /** Waits until Redis receives a command for these sessions that contains this text. */
  async sight(text: string): Promise<{ readonly seen: Promise<void> }> {
    const monitor = await openMonitor(redis());
    const seen = new Promise<void>((resolve) => {
      monitor.on('monitor', (_time: string, words: readonly string[]) => {
        const command = words.join(' ');
        if (command.includes(this.prefix) && command.includes(text)) resolve();
      });
    }).finally(() => monitor.disconnect());
    return { seen };
  }

  /** Counts the keys in Redis. */
  census(): Promise<Census> {
    return takeCensus(redis(), this.prefix);
  }

  /** Returns the key of a session, by its public id. */
  keyOf(id: string): string {
    return `${this.prefix}{${id.slice(0, 3)}}:${id.slice(3)}`;
  }

  /** Deletes all sessions. */
  async clear(): Promise<void> {
    await this.census();
    await deleteKeys(redis(), this.prefix);
  }
}
