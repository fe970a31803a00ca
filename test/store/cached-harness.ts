import { randomBytes } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';
import {
  type LoadOptions,
  RedisStore,
  type SessionId,
  type SessionRecord,
  type SessionStore,
} from 'nestjs-redis-session';
import type { StoreHarness } from 'nestjs-redis-session/testing';
import { mintToken, sessionIdOf, shardOf } from 'nestjs-redis-session/core';
import { CachedStore, RedisKeys, SessionCopies, type TrackedSource } from '../support/white-box.js';
import { DEADLINE_MS, NOTICE_TTL_MS } from './redis-harness.js';
import { assertRedisClean, deleteKeys, findKeys } from './redis-keyspace.js';

/** So long that a heartbeat is never late, even on a busy machine. */
const STALENESS_MS = 30_000;
const BOUNDS = { maxEntries: 1_000, maxBytes: 16 * 1024 * 1024 };

/**
 * Opens two stores with a cache each, as two processes have them: one writes, and sessions are read through the cache
 * of the other, which holds a copy already and must have received the invalidation of every write.
 */
export async function openCachedHarness(
  client: Redis | Cluster,
  release: () => Promise<unknown> = () => client.quit(),
): Promise<StoreHarness> {
  const prefix = `test-${randomBytes(6).toString('hex')}:`;
  const settings = { prefix, deadlineMs: DEADLINE_MS, noticeTtlMs: NOTICE_TTL_MS };
  allowManyListeners(client);
  const writer = await CachedSide.open(client, settings);
  const reader = await CachedSide.open(client, settings);
  return {
    store: readThrough(writer.store, reader),
    noticeTtlMs: NOTICE_TTL_MS,
    advance: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    countKeys: async () => (await findKeys(client, prefix)).length,
    assertClean: () => assertRedisClean(client, prefix),
    close: async () => {
      await Promise.all([writer.close(), reader.close()]);
      await deleteKeys(client, prefix);
      await release();
    },
  };
}

/** Lifts the limit on listeners: parallel cases share a client and add two stores each; an application has one store. */
function allowManyListeners(client: Redis | Cluster): void {
  for (const node of client.isCluster ? (client as Cluster).nodes() : [client]) node.setMaxListeners(0);
}

function readThrough(writer: SessionStore, reader: CachedSide): SessionStore {
  const load = async (id: SessionId, options?: LoadOptions): Promise<SessionRecord | null> => {
    await reader.store.load(id);
    await reader.hasHeardOfAll(id);
    return reader.store.load(id, options);
  };
  const own: Partial<SessionStore> = { load, isCopy: (record) => reader.store.isCopy(record) };
  return new Proxy(writer, {
    get: (target, name: keyof SessionStore) => {
      const member: unknown = own[name] ?? target[name];
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}

/** A store with a cache, as one process has it. */
export class CachedSide {
  private readonly waiting = new Map<SessionId, () => void>();
  private source!: TrackedSource;

  private constructor(
    private readonly client: Redis | Cluster,
    private readonly keys: RedisKeys,
    readonly copies: SessionCopies,
    readonly store: CachedStore,
  ) {}

  static async open(
    client: Redis | Cluster,
    settings: ConstructorParameters<typeof RedisStore>[1],
  ): Promise<CachedSide> {
    const raw = new RedisStore(client, settings);
    const copies = new SessionCopies(BOUNDS);
    const keys = new RedisKeys(settings.prefix);
    const side = new CachedSide(client, keys, copies, new CachedStore(raw, copies));
    const listener = {
      onChange: (id: SessionId) => side.onChange(id),
      onFlush: copies.flush.bind(copies),
      onBypassed: () => undefined,
      onRestored: () => undefined,
    };
    side.source = await raw.track(listener, STALENESS_MS);
    copies.readFrom(side.source);
    return side;
  }

  /**
   * Waits until all invalidations of earlier changes on this session's server have arrived. They arrive in order, so
   * the invalidation of a change that is made now comes last.
   */
  async hasHeardOfAll(id: SessionId): Promise<void> {
    const marker = sessionIdOf(mintToken(shardOf(id)));
    const received = new Promise<void>((resolve) => this.waiting.set(marker, resolve));
    await this.source.channelFor(id)?.read(marker);
    await this.client.set(this.keys.session(marker), '', 'PX', 60_000);
    await received;
    await this.client.del(this.keys.session(marker));
  }

  close(): Promise<void> {
    return this.source.close();
  }

  private onChange(id: SessionId): void {
    this.copies.invalidate(id);
    this.waiting.get(id)?.();
    this.waiting.delete(id);
  }
}
