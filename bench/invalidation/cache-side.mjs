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

/** Callbacks that wait for the invalidation of a session. */
const waiting = new Map();

/** Notes the time right after the cache receives an invalidation. A polling loop would occupy a processor. */
function listenIn() {
  const { track } = RedisStore.prototype;
  RedisStore.prototype.track = function (listener, ...rest) {
    const onChange = (id) => {
      listener.onChange(id);
      waiting.get(id)?.(performance.timeOrigin + performance.now());
      waiting.delete(id);
    };
    return track.call(this, { ...listener, onChange }, ...rest);
  };
}

export class CacheSide {
  static async open(url) {
    listenIn();
    const options = SessionModule.forRoot({
      redis: url,
      prefix: 'bench:',
      outage: { deadline: '5s' },
      cache: true,
    });
    const app = await NestFactory.createApplicationContext(options, { logger: false });
    return new CacheSide(app);
  }

  constructor(app) {
    this.app = app;
    this.raw = app.get(SESSION_STORE);
    // The store that the middleware reads from, with the cache in front of it.
    this.store = app.get(SessionService).runtime.store;
  }

  /** Creates a session and loads it into the cache. */
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

  /** Returns the time at which the cache stops serving a session. */
  async untilGone(id) {
    const knownAt = await new Promise((resolve) => waiting.set(id, resolve));
    if ((await this.store.load(id)) !== null) throw new Error('The session is still there.');
    return knownAt;
  }

  /** Measures a read from the cache. Heartbeats within the measured time are included. */
  async measureReads(count) {
    const id = await this.signIn('reader');
    const redis = this.app.get(SESSION_REDIS);
    const before = await commandsOf(redis);
    const hits = this.#statistics().hits;
    const startedAt = process.hrtime.bigint();
    for (let read = 0; read < count; read++) {
      await this.store.load(id);
      if (read % 10_000 === 0) await turn(); // a server reads its sockets from time to time
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
