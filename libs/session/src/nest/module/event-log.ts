import type { LoggerService } from '@nestjs/common';
import { detailOf } from '../../core/errors/errors.js';
import type { SessionEvents } from '../../core/runtime/events.js';
import { shown, shownSentence } from '../../core/errors/shown.js';

const REMEDIES = {
  malformed: 'Another program writes to this key, or it was damaged.',
  'other-layout': 'A newer version of this package wrote it. Finish the roll-out.',
  'other-type': 'Another program uses this key. Set the option "prefix".',
  oversized: 'It exceeds the option "size.max".',
} as const;

/** Minimum time between two warnings about the same condition. */
const QUIET_MS = 60_000;

/** Maximum number of remembered field names. Applications have fewer fields. */
const MAX_NAMES = 100;

type Log = Pick<LoggerService, 'warn' | 'log'>;

/** Logs the events that an operator should know. */
export function logEvents(events: SessionEvents, logger: Log): void {
  logSessions(events, logger);
  logStore(events, logger);
}

function logSessions(events: SessionEvents, logger: Log): void {
  const warnOfSize = throttled((message) => void logger.warn(message));
  const warnOfMany = throttled((message) => void logger.warn(message));
  const warnOfTimeout = throttled((message) => void logger.warn(message));
  events.on('invalid-data', ({ sessionId, field, expected }) =>
    logger.warn(
      `Session ${sessionId}: the stored field "${shown(field)}" was ignored: ${shownSentence(expected.join(', '))}.`,
    ),
  );
  events.on('unusable-record', ({ sessionId, problem }) =>
    logger.warn(`The stored record of session ${sessionId} was ignored (${problem}). ${REMEDIES[problem]}`),
  );
  const isFirstOf = oncePerName(MAX_NAMES);
  events.on('value-converted', ({ field, path, received, remedy }) => {
    if (!isFirstOf(field)) return;
    logger.warn(
      `session.${shown(path)} held ${shown(received)} and was stored as JSON.stringify serializes it. ${remedy} ` +
        'This is logged once for each field. Set the option "data.values" to \'strict\' to reject such values.',
    );
  });
  events.on('large-session', ({ sessionId, bytes }) =>
    warnOfSize(
      `Session ${sessionId} takes ${bytes} bytes, and every request loads all of them. ` +
        'Store large values elsewhere, or raise the option "size.warn".',
    ),
  );
  events.on('many-sessions', ({ userId, max }) =>
    warnOfMany(
      `User "${shown(userId)}" has ${max} sessions, so the oldest was evicted. Check for a client that signs in repeatedly ` +
        'and never signs out. Set the option "limit", or its "max" to Infinity if this is intended.',
    ),
  );
  events.on('timeout-failed', ({ sessionId, error }) =>
    warnOfTimeout(`Session ${sessionId} keeps its idle timeout: ${shownSentence(error.message)}`),
  );
}

function logStore(events: SessionEvents, logger: Log): void {
  events.on('store-failed', ({ operation, error }) =>
    logger.warn(`The session store failed to ${operation}: ${shownSentence(detailOf(error))}`),
  );
  events.on('store-down', ({ error }) =>
    logger.warn(
      `Session store unavailable, circuit breaker opened: ${shownSentence(error ? detailOf(error) : 'repeated failures')}`,
    ),
  );
  events.on('store-up', ({ downForMs }) =>
    logger.log(`Session store available again after ${Math.round(downForMs)} ms.`),
  );
  events.on('cache-bypassed', ({ server, reason }) =>
    logger.warn(
      `Session cache bypassed for ${shown(server)}: ${shownSentence(reason)}. Every read goes to Redis until the cache is restored.`,
    ),
  );
  events.on('cache-restored', ({ server }) => logger.log(`Session cache restored for ${shown(server)}.`));
  events.on('not-replicated', ({ operation, wanted, confirmed, error }) =>
    logger.warn(
      error
        ? `Redis did not report how many replicas confirmed to ${operation}: ${detailOf(error)}. A failover now could undo it.`
        : `${confirmed} of ${wanted} replicas confirmed in time to ${operation}. A failover now could undo it: ` +
            'check the replicas, or lengthen "durability.timeout".',
    ),
  );
}

/** Returns a check that accepts each name once. Clients may choose the names, so only `max` of them are remembered. */
function oncePerName(max: number): (name: string) => boolean {
  const seen = new Set<string>();
  return (name) => seen.size < max && seen.size < seen.add(name).size;
}

/** Returns a throttled function, so that a condition that occurs at every request does not fill the log. */
function throttled(log: (message: string) => void): (message: string) => void {
  let next = -Infinity;
  return (message) => {
    if (performance.now() < next) return;
    next = performance.now() + QUIET_MS;
    log(message);
  };
}
