import {
  SESSION_RUNTIME,
  SESSION_STORE,
  SessionCache,
  type SessionId,
  type SessionStore,
} from 'nestjs-redis-session';
import { mintToken, randomShard, sessionIdOf, type SessionRuntime } from 'nestjs-redis-session/core';
import type { TestApp } from './app.js';
import { until } from './until.js';

/** Time limit for operations that usually take milliseconds, on a busy machine. */
const PATIENCE_MS = 20_000;
const TIMEOUTS = { idleMs: 60_000, absoluteMs: 60_000 };

/** The caches of several applications. */
export class Memories {
  constructor(private readonly apps: readonly TestApp[]) {}

  /** Makes all caches keep a session, except if the session has ended or the cache is disabled. */
  async keep(id: SessionId): Promise<void> {
    for (const { app } of this.apps) {
      const { store } = app.get<SessionRuntime>(SESSION_RUNTIME);
      await until('a session that is kept', PATIENCE_MS, async () => {
        const record = await store.load(id);
        if (!record || app.get(SessionCache).statistics().state !== 'coherent') return true;
        return store.isCopy?.(record) ?? false;
      });
    }
  }

  /**
   * Waits until all caches have processed the invalidations of earlier changes. Redis sends these in order, so the
   * invalidation of a change that is made now comes last.
   *
   * @param remove deletes a session without notifying the caches directly
   */
  async haveHeard(remove: (id: SessionId) => Promise<unknown>): Promise<void> {
    const id = sessionIdOf(mintToken(randomShard()));
    const raw = this.apps.at(-1)?.app.get<SessionStore>(SESSION_STORE);
    await raw?.create({ id, timeouts: TIMEOUTS, persistent: false, fields: new Map() });
    await this.keep(id);
    await remove(id);
    for (const { app } of this.apps) {
      const { store } = app.get<SessionRuntime>(SESSION_RUNTIME);
      await until('the invalidation of a change', PATIENCE_MS, async () => (await store.load(id)) === null);
    }
  }
}
