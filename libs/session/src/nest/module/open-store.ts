import { Logger } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { detailOf, SessionOptionsError } from '../../core/errors/errors.js';
import type { SessionEvents } from '../../core/runtime/events.js';
import type { Meter } from '../../core/runtime/statistics.js';
import type { SessionStore } from '../../core/store/store.js';
import { MemoryStore } from '../../memory/memory.store.js';
import type { ResolvedOptions } from '../../options/resolve.js';
import type { RedisConnection } from '../../redis/client.js';
import { openRedis } from '../../redis/client.js';
import { checkMayWait, openDurable } from '../../redis/durable.js';
import { refusesWrites } from '../../redis/redis-error.js';
import { RedisStore } from '../../redis/redis.store.js';
import type { EvictionPolicy } from '../../redis/server-checks.js';
import { inspectServers } from '../../redis/server-checks.js';

const logger = new Logger('SessionModule');

const RETRY_AFTER_MS = 250;

/** Connects to Redis if sessions are kept in Redis. */
export function connect({ store, outage }: ResolvedOptions): Promise<RedisConnection> | null {
  return store.kind === 'redis' ? openRedis(store.target, outage.deadlineMs, warn, outage.startup) : null;
}

/** Creates the store that the options choose. */
export async function createStore(
  options: ResolvedOptions,
  client: RedisConnection['client'] | null,
  events: SessionEvents,
  meter: Meter,
): Promise<SessionStore> {
  if (client) return createRedisStore(options, client, events, meter);
  if (options.store.kind === 'custom') return options.store.store;
  checkMemory(options.store.kind === 'memory' && options.store.isByName);
  const { size, anonymous } = options;
  return new MemoryStore({
    noticeTtlMs: options.noticeTtlMs,
    maxBytes: size.maxBytes,
    anonymousMaxBytes: anonymous.maxBytes,
  });
}

async function createRedisStore(
  options: ResolvedOptions,
  client: RedisConnection['client'],
  events: SessionEvents,
  meter: Meter,
): Promise<SessionStore> {
  const { prefix, outage, noticeTtlMs, durability, size, anonymous } = options;
  const { deadlineMs } = outage;
  const durable =
    durability &&
    openDurable(
      client,
      deadlineMs,
      durability,
      (shortfall) => events.emit('not-replicated', shortfall),
      meter,
    );
  const store = new RedisStore(
    client,
    {
      prefix,
      deadlineMs,
      noticeTtlMs,
      maxBytes: size.maxBytes,
      anonymousMaxBytes: anonymous.maxBytes,
      meter,
      onUnusable: (sessionId, problem) => events.emit('unusable-record', { sessionId, problem }),
      ...(durable && { ending: durable }),
    },
    () => Promise.resolve(durable?.close()),
  );
  const warnOnly = (error: Error) => warn(detailOf(error));
  try {
    const isReachable = await isReached(store, outage);
    if (isReachable && durability) await checkMayWait(client);
    if (isReachable) await checkServers(client, options);
    else client.once('ready', () => void checkServers(client, options).catch(warnOnly));
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

/** Returns true if Redis answers. If it does not, `outage.startup` decides: fail, wait, or return false. */
async function isReached(store: RedisStore, { startup }: ResolvedOptions['outage']): Promise<boolean> {
  for (let isFirst = true; ; isFirst = false) {
    try {
      await store.ping();
      return true;
    } catch (error) {
      if (refusesWrites((error as Error).cause)) {
        warn(
          `${detailOf(error as Error)}. Until that changes, users who are signed in are served, and new sign-ins fail.`,
        );
        return true;
      }
      if (startup === 'fail') throw notConnected(error as Error);
      if (isFirst) warn(`${detailOf(error as Error)}. ${CONSEQUENCES[startup]}`);
      if (startup === 'degraded') return false;
      await delay(RETRY_AFTER_MS);
    }
  }
}

const CONSEQUENCES = {
  wait: "The start waits for it (outage.startup: 'wait').",
  degraded: "The application starts without it (outage.startup: 'degraded').",
} as const;

function notConnected(cause: Error): SessionOptionsError {
  return new SessionOptionsError(
    `redis: expected a client that is connected, but ${detailOf(cause)}. ` +
      'Start Redis, and check the address and the credentials that the client has.',
    { cause },
  );
}

/** Logs unsuitable settings of Redis. @throws SessionOptionsError for an eviction policy that is not allowed by name */
async function checkServers(
  client: RedisConnection['client'],
  { redisChecks: { ignore, allowEviction } }: ResolvedOptions,
): Promise<void> {
  const findings = await inspectServers(client);
  for (const { name, message, eviction } of findings) {
    if (eviction || ignore.includes(name)) continue;
    warn(`${message} (${name}; to suppress this warning, add its name to "redisChecks.ignore".)`);
  }
  for (const { eviction } of findings) {
    if (eviction && !allowEviction.includes(eviction)) throw evicts(eviction);
  }
}

function evicts(policy: EvictionPolicy): SessionOptionsError {
  return new SessionOptionsError(
    `redis: expected maxmemory-policy noeviction, received ${policy} and a maxmemory. When its memory is full, Redis ` +
      'signs users out, and may drop the index of a user before the sessions: those that a limit or revokeAll() ' +
      'should have ended can be read until their next touch, up to a tenth of "idle" later. ' +
      `Set maxmemory-policy to noeviction, or accept it by name: redisChecks: { allowEviction: ['${policy}'] }.`,
  );
}

function checkMemory(isByName: boolean): void {
  if (isByName) return;
  if (process.env['NODE_ENV'] === 'production') {
    throw new SessionOptionsError(
      'redis: expected the address of Redis, received nothing, under NODE_ENV=production. Sessions in memory are lost at ' +
        'every restart and unknown to other processes. Set "redis", or choose memory by name: store: \'memory\'.',
    );
  }
  warn(
    'Sessions are kept in memory: they are lost at every restart and unknown to other processes. ' +
      'Set the option "redis" for anything but development.',
  );
}

function warn(message: string): void {
  logger.warn(message);
}
