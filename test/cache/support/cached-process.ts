import { randomBytes } from 'node:crypto';
import type {
  RedisTarget,
  SessionEvent,
  SessionEventType,
  SessionRecord,
  SessionStore,
} from 'nestjs-redis-session';
import { RedisStore, SessionCache, SessionEvents } from 'nestjs-redis-session';
import { plainSignIn } from 'nestjs-redis-session/testing';
import { openRedis, type RedisConnection } from '../../support/white-box.js';
import { until } from '../../support/until.js';

/** Time limit for operations that usually take milliseconds, on a busy machine. */
export const PATIENCE_MS = 45_000;
const BOUNDS = { maxEntries: 1_000, maxBytes: 16 * 1024 * 1024 };

export interface ProcessSettings {
  readonly prefix: string;
  readonly stalenessMs?: number;
  readonly deadlineMs?: number;
}

/** Returns a prefix for one test. */
export function newPrefix(): string {
  return `cache-${randomBytes(6).toString('hex')}:`;
}

/** Parts of one process: a client, a store, and the cache in front of it. */
export class CachedProcess {
  private readonly emitted: SessionEvent[] = [];

  private constructor(
    readonly connection: RedisConnection,

    /** Store without the cache. */
    readonly raw: RedisStore,
    readonly cache: SessionCache,
    readonly store: SessionStore,
    events: SessionEvents,
  ) {
    events.on('*', (event) => this.emitted.push(event));
  }

  static async open(
    target: RedisTarget,
    { prefix, stalenessMs = 60_000, deadlineMs = 2_000 }: ProcessSettings,
  ): Promise<CachedProcess> {
    const connection = await openRedis(target, deadlineMs, () => undefined);
    const raw = new RedisStore(connection.client, { prefix, deadlineMs, noticeTtlMs: 60_000 });
    const events = new SessionEvents({ now: () => Date.now() }, (_type, error) => {
      throw error;
    });
    try {
      const cache = await SessionCache.open(raw, { ...BOUNDS, stalenessMs }, events);
      return new CachedProcess(connection, raw, cache, cache.wrap(raw), events);
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  get statistics() {
    return this.cache.statistics();
  }

  /** Returns a user's session that the cache holds, as the second of two reads shows. */
  async signedIn(userId: string): Promise<SessionRecord> {
    const outcome = await this.raw.signIn(plainSignIn(userId));
    if (outcome.status !== 'signed-in') throw new Error('the sign-in was rejected');
    await this.untilKept(outcome.record);
    return outcome.record;
  }

  /** Reads a session until it comes from memory. */
  untilKept({ id }: SessionRecord): Promise<void> {
    return until('a session that is kept', PATIENCE_MS, async () => {
      const record = await this.store.load(id);
      return record !== null && this.store.isCopy?.(record) === true;
    });
  }

  /** Reads a session until it has ended. */
  untilGone({ id }: SessionRecord): Promise<void> {
    return until('the end of a session', PATIENCE_MS, async () => (await this.store.load(id)) === null);
  }

  untilCoherent(): Promise<void> {
    return until('a cache that is in use', PATIENCE_MS, () => this.statistics.state === 'coherent');
  }

  async eventsOf<T extends SessionEventType>(type: T): Promise<SessionEvent<T>[]> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.emitted.filter((event) => event.type === type) as unknown as SessionEvent<T>[];
  }

  async close(): Promise<void> {
    await this.cache.close();
    await this.connection.close();
  }
}
