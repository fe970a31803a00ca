// The process with the cache: the module as an application has it.
import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import {
  RedisStore,
  SESSION_REDIS,
  SESSION_STORE,
  SessionCache,
  SessionModule,
  SessionService,
} from 'nestjs-redis-session';

/** Who waits for news of a session. */
const news = new Map();

/** Lets the time be taken right after the cache has been told. A loop that looks would take a processor for itself. */
function listenIn() {
  const { track } = RedisStore.prototype;
  RedisStore.prototype.track = function (listener, ...rest) {
    const onChange = (id) => {
      listener.onChange(id);
      news.get(id)?.(performance.timeOrigin + performance.now());
      news.delete(id);
    };
    return track.call(this, { ...listener, onChange }, ...rest);
  };
}

export class CacheSide {
  static async open(url) {
    listenIn();
    const options = SessionModule.forRoot({ redis: url, prefix: 'bench:', deadline: '5s', cache: true });
    const app = await NestFactory.createApplicationContext(options, { logger: false });
    return new CacheSide(app);
  }

  constructor(app) {
    this.app = app;
    this.raw = app.get(SESSION_STORE);
    // What the middleware reads from: the store with the cache in front of it.
    this.store = app.get(SessionService).runtime.store;
  }

  /** A session that the cache has. */
  async signIn(userId) {
    const { record } = await this.raw.signIn({
      id: randomBytes(32).toString('base64url').slice(0, 25),
      userId,
      timeouts: { idleMs: 1_800_000, absoluteMs: 43_200_000 },
      persistent: false,
      limit: { max: null, onExceed: 'evict-oldest' },
      replaces: null,
      createdAt: null,
      changes: {
        set: new Map([
          ['cart', '["kite"]'],
          ['name', '"Alice"'],
        ]),
        remove: [],
      },
      device: 'Firefox on Linux',
      address: '192.0.2.1',
    });
    const isKept = async () => this.store.isCopy((await this.store.load(record.id)) ?? {});
    while (!(await isKept()));
    return record.id;
  }

  /** The time at which the cache does not answer for a session any more. */
  async untilGone(id) {
    const knownAt = await new Promise((resolve) => news.set(id, resolve));
    if ((await this.store.load(id)) !== null) throw new Error('The session is still there.');
    return knownAt;
  }

  /** What a read from the cache takes. Heartbeats that fall into the time are counted. */
  async measureReads(count) {
    const id = await this.signIn('reader');
    const redis = this.app.get(SESSION_REDIS);
    const before = await commandsOf(redis);
    const hits = this.#statistics().hits;
    const startedAt = process.hrtime.bigint();
    for (let read = 0; read < count; read++) {
      await this.store.load(id);
      if (read % 10_000 === 0) await turn(); // a server looks at its sockets now and then
    }
    const nsPerCachedRead = Number(process.hrtime.bigint() - startedAt) / count;
    // INFO counts itself.
    const commands = (await commandsOf(redis)) - before - 1;
    return {
      nsPerCachedRead,
      commandsPerRead: commands / count,
      hitRate: (this.#statistics().hits - hits) / count,
    };
  }

  close() {
    return this.app.close();
  }

  #statistics() {
    return this.app.get(SessionCache).statistics();
  }
}

async function commandsOf(redis) {
  return Number(/total_commands_processed:(\d+)/.exec(await redis.info('stats'))[1]);
}
