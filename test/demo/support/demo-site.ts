import { Redis } from 'ioredis';
import { type Client, Sightings } from '../../support/client.js';
import { type RedisServer, startRedisServer } from '../../support/redis-server.js';
import { changeTimes } from '../../support/stored-session.js';
import { type DemoEnvironment, DemoProcess } from './demo-process.js';
import { findKeys } from '../../store/redis-keyspace.js';
import { sweep } from './sweep.js';

/** A Redis server, and the processes of the demo that use it. */
export class DemoSite {
  readonly seen = new Sightings();
  private readonly demos: DemoProcess[] = [];

  private constructor(
    public server: RedisServer,
    /** A connection for the tests themselves. */
    readonly redis: Redis,
  ) {}

  static async open(): Promise<DemoSite> {
    const server = await startRedisServer();
    return new DemoSite(server, new Redis(server.url));
  }

  async start(env: DemoEnvironment = {}): Promise<DemoProcess> {
    const demo = await DemoProcess.start({ REDIS_URL: this.server.url, ...env }, this.seen);
    this.demos.push(demo);
    return demo;
  }

  /** Moves all sign-ins of a user one hour into the past. */
  async makeSignInsOld(userId: string): Promise<void> {
    for (const key of await findKeys(this.redis, 'session:')) {
      if ((await this.redis.type(key)) !== 'hash' || (await this.redis.hget(key, 'u')) !== userId) continue;
      await changeTimes(this.redis, key, { signedInAt: Date.now() - 3_600_000 });
    }
  }

  /** Checks for leaked tokens and for keys without a TTL. */
  async sweep(): Promise<void> {
    await sweep(this.redis, { tokens: this.seen.tokens, texts: [...this.seen.texts, ...this.outputs()] });
  }

  async close(): Promise<void> {
    try {
      await Promise.all(this.demos.map((demo) => demo.stop()));
      await this.sweep();
    } finally {
      this.redis.disconnect();
      await this.server.stop();
    }
  }

  private outputs(): string[] {
    return this.demos.map(({ output }) => output);
  }
}

/** Signs a client in. */
export async function signIn(client: Client, username = 'alice', userAgent?: string): Promise<Client> {
  const settings = userAgent === undefined ? {} : { headers: { 'User-Agent': userAgent } };
  const answer = await client.post('/api/login', { username, password: 'password' }, settings);
  expect(answer.status).toBe(200);
  return client;
}
