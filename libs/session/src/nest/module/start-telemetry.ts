import { Logger } from '@nestjs/common';
import type { SessionCache } from '../../cache/session-cache.js';
import { detailOf, SessionOptionsError } from '../../core/errors/errors.js';
import type { SessionEvents } from '../../core/runtime/events.js';
import { MissingPackageError } from '../../core/runtime/optional-package.js';
import type { SessionRuntime } from '../../core/runtime/runtime.js';
import type { Meter } from '../../core/runtime/statistics.js';
import type { LiveEstimate, SessionStore } from '../../core/store/store.js';
import type { ResolvedOptions } from '../../options/resolve.js';
import { RedisStore } from '../../redis/redis.store.js';
import type { ServerSampler } from '../../redis/server-sampler.js';
import { readersOf } from '../../telemetry/readings.js';
import type { SessionTelemetry } from '../../telemetry/telemetry.js';

const logger = new Logger('SessionModule');

/** The telemetry of an application while it runs. */
export interface ActiveTelemetry {
  close(): Promise<void>;
}

/** Connects the application to the backend of the option `telemetry`, if there is one. */
export async function startTelemetry(
  options: ResolvedOptions,
  store: SessionStore,
  runtime: SessionRuntime,
  events: SessionEvents,
  cache: SessionCache,
  meter: Meter,
): Promise<ActiveTelemetry> {
  const { telemetry } = options;
  if (!telemetry) return { close: () => Promise.resolve() };
  const sampler = samplerOf(telemetry, store);
  const readers = readersOf({
    ...{ meter, events, store: runtime.store, cache },
    live: estimatesOf(store, telemetry),
    servers: () => sampler?.figures ?? [],
  });
  const running = await start(telemetry, {
    system: options.store.kind,
    read: (metric) => readers[metric](),
  });
  meter.tally.instruments = running.instruments;
  sampler?.start();
  return {
    close: async () => {
      meter.tally.instruments = null;
      running.close();
      await sampler?.close();
    },
  };
}

/** @throws SessionOptionsError if the package of the backend is not installed */
async function start(...[telemetry, source]: [SessionTelemetry, ...Parameters<SessionTelemetry['start']>]) {
  try {
    return await telemetry.start(source);
  } catch (error) {
    if (!(error instanceof MissingPackageError)) throw error;
    throw new SessionOptionsError(`telemetry: ${error.message}`, { cause: error });
  }
}

function samplerOf({ serversEveryMs }: SessionTelemetry, store: SessionStore): ServerSampler | null {
  if (serversEveryMs === null || !(store instanceof RedisStore)) return null;
  return store.sampleServers(serversEveryMs, (error) =>
    logger.warn(`The figures of the Redis servers could not be read: ${detailOf(error)}.`),
  );
}

/** Returns a function that estimates the live sessions, at most once in an interval. A failure is logged once. */
function estimatesOf(
  store: SessionStore,
  { liveEveryMs }: SessionTelemetry,
): () => Promise<LiveEstimate | null> {
  let latest: Promise<LiveEstimate | null> = Promise.resolve(null);
  let nextAt = -Infinity;
  let isFailing = false;
  const estimate = async (): Promise<LiveEstimate | null> => {
    try {
      const live = (await store.estimateLive?.()) ?? null;
      isFailing = false;
      return live;
    } catch (error) {
      if (!isFailing) logger.warn(`Live sessions could not be estimated: ${detailOf(error as Error)}.`);
      isFailing = true;
      return null;
    }
  };
  return () => {
    if (liveEveryMs === null || performance.now() < nextAt) return latest;
    nextAt = performance.now() + liveEveryMs;
    return (latest = estimate());
  };
}
