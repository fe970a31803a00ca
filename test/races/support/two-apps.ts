import { randomUUID } from 'node:crypto';
import type { Session, SessionEvent, SessionEventType, SessionModuleOptions } from 'nestjs-redis-session';
import { deleteKeys } from '../../store/redis-keyspace.js';
import { redis, REDIS_URL, startApp, type TestApp } from '../../support/app.js';
import type { Client } from '../../support/client.js';
import type { Platform } from '../../support/platforms.js';
import { type Act, type AnySession, Stage, staged } from '../../support/stage.js';
import { eventually } from '../../support/until.js';
import { type Census, takeCensus } from './census.js';

/** Adds one to a number in a session. */
export function addOne(session: AnySession, field: 'late' | 'visits'): Promise<number> {
  return (session as unknown as Session<{ late: number; visits: number }>).increment(field);
}

/** Who signs in at `/stage/login`. */
export const USER = 'alice';

/** Two instances of one application on one Redis, as behind a load balancer. */
export class TwoApps {
  private readonly prefix = `races:${randomUUID()}:`;
  private readonly stage = new Stage();
  private readonly apps: TestApp[] = [];
  private turn = 0;

  constructor(private readonly platform: Platform) {}

  /** Starts both, with options of their own. */
  async start(first: SessionModuleOptions = {}, second: SessionModuleOptions = first): Promise<void> {
    for (const options of [first, second]) {
      const session = {
        prefix: this.prefix,
        redis: REDIS_URL,
        cookie: { secure: 'auto' },
        deadline: '5s',
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

  /** Lets `/stage/<name>` do this. */
  on(name: string, act: Act): void {
    this.stage.on(name, act);
  }

  /** A browser, at one of the two in turn. With a cookie: the one that got it. */
  client(cookie: string | null = null, app: TestApp = this.apps[this.turn++ % 2] as TestApp): Client {
    const client = app.client();
    client.cookie = cookie;
    return client;
  }

  /** A browser that is signed in. */
  async signedIn(app?: TestApp): Promise<Client> {
    const client = this.client(null, app);
    expect((await client.post('/stage/login')).status).toBe(200);
    return client;
  }

  /** Events of both. */
  async eventsOf<T extends SessionEventType>(type: T): Promise<SessionEvent<T>[]> {
    return (await Promise.all(this.apps.map((app) => app.eventsOf(type)))).flat();
  }

  /** Waits until both reach their Redis. */
  async areWhole(): Promise<void> {
    for (const app of this.apps) await eventually(() => app.sessions.ping());
  }

  /** Settles when Redis gets a command for these sessions with this text in it. */
  async sight(text: string): Promise<{ readonly seen: Promise<void> }> {
    const monitor = await redis().monitor();
    const seen = new Promise<void>((resolve) => {
      monitor.on('monitor', (_time: string, words: readonly string[]) => {
        const command = words.join(' ');
        if (command.includes(this.prefix) && command.includes(text)) resolve();
      });
    }).finally(() => monitor.disconnect());
    return { seen };
  }

  /** What there is in Redis. */
  census(): Promise<Census> {
    return takeCensus(redis(), this.prefix);
  }

  /** Forgets all sessions. */
  async clear(): Promise<void> {
    await this.census();
    await deleteKeys(redis(), this.prefix);
  }
}
