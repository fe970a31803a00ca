import { Redis } from 'ioredis';
import { RedisStore } from 'nestjs-redis-session';
import type { RedisServer } from '../support/redis-server.js';
import { startRedisServer } from '../support/redis-server.js';

/** A Redis that no other spec uses, so that its statistics count only what one spec has caused. */
export class OwnRedis {
  private server!: RedisServer;
  client!: Redis;
  store!: RedisStore;

  /** Starts a server before the first test, and stops the server after the last one. */
  static forSpec(): OwnRedis {
    const own = new OwnRedis();
    beforeAll(() => own.start());
    afterAll(() => own.stop());
    return own;
  }

  private async start(): Promise<void> {
    this.server = await startRedisServer();
    this.client = new Redis(this.server.url);
    const settings = { prefix: 'session:', deadlineMs: 5_000, noticeTtlMs: 60_000 };
    this.store = new RedisStore(this.client, settings);
  }

  private async stop(): Promise<void> {
    await this.client.quit();
    await this.server.stop();
  }
}
