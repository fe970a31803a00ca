import type { LoggerService } from '@nestjs/common';
import { detailOf } from '../../core/errors.js';
import type { SessionEvents } from '../../core/events.js';
import { shown, shownSentence } from '../../core/shown.js';

const REMEDIES = {
  malformed: 'Somebody else writes to this key, or it was damaged.',
  'other-layout': 'A newer version of this package wrote it: finish its roll-out.',
  'other-type': 'Somebody else uses this key: give the option "prefix".',
  oversized: 'It is larger than the option "size.max" allows.',
} as const;

const REST_MS = 60_000;

/** More fields than an application has. */
const MAX_NAMES = 100;

type Log = Pick<LoggerService, 'warn' | 'log'>;

/** Tells the log of what an operator should know. */
export function logEvents(events: SessionEvents, logger: Log): void {
  logSessions(events, logger);
  logStore(events, logger);
}

function logSessions(events: SessionEvents, logger: Log): void {
  const warnOfSize = nowAndThen((message) => void logger.warn(message));
  const warnOfMany = nowAndThen((message) => void logger.warn(message));
  const warnOfTimeout = nowAndThen((message) => void logger.warn(message));
  events.on('invalid-data', ({ sessionId, field, expected }) =>
    logger.warn(
      `Session ${sessionId}: the stored field "${shown(field)}" was left out: ${shownSentence(expected.join(', '))}.`,
    ),
  );
  events.on('unusable-record', ({ sessionId, problem }) =>
    logger.warn(`What is stored for session ${sessionId} was left out (${problem}). ${REMEDIES[problem]}`),
  );
  const isFirstOf = eachOnce(MAX_NAMES);
  events.on('value-converted', ({ field, path, received, remedy }) => {
    if (!isFirstOf(field)) return;
    logger.warn(
      `session.${shown(path)} held ${shown(received)} and was stored as JSON.stringify has it. ${remedy} ` +
        'This is logged once for each field. Set the option "data.values" to \'strict\' to refuse such values.',
    );
  });
  events.on('large-session', ({ sessionId, bytes }) =>
    warnOfSize(
      `Session ${sessionId} takes ${bytes} bytes, and every request loads all of them. ` +
        'Keep large things elsewhere, or raise the option "size.warn".',
    ),
  );
  events.on('many-sessions', ({ userId, max }) =>
    warnOfMany(
      `User "${shown(userId)}" has ${max} sessions, so the oldest was ended. Does something sign in over and over, ` +
        'and never out? Set the option "limit", or its "max" to Infinity where this is meant to be so.',
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
      `The session store is away and is not asked until it is back: ${shownSentence(error ? detailOf(error) : 'it failed again and again')}`,
    ),
  );
  events.on('store-up', ({ downForMs }) =>
    logger.log(`The session store is back after ${Math.round(downForMs)} ms.`),
  );
  events.on('cache-bypassed', ({ server, reason }) =>
    logger.warn(
      `The session cache is out of use for ${shown(server)}: ${shownSentence(reason)}. Redis is asked each time until it is back.`,
    ),
  );
  events.on('cache-restored', ({ server }) =>
    logger.log(`The session cache is in use again for ${shown(server)}.`),
  );
  events.on('not-replicated', ({ operation, wanted, confirmed, error }) =>
    logger.warn(
      error
        ? `Redis did not say how many replicas have confirmed to ${operation}: ${detailOf(error)}. A failover now could undo it.`
        : `${confirmed} of ${wanted} replicas confirmed in time to ${operation}. A failover now could undo it: ` +
            'look at the replicas, or lengthen "durability.timeout".',
    ),
  );
}

/** Tells whether a name comes for the first time. Names may come from clients, so only so many are remembered. */
function eachOnce(max: number): (name: string) => boolean {
  const seen = new Set<string>();
  return (name) => seen.size < max && seen.size < seen.add(name).size;
}

/** So that what happens at every request does not fill the log. */
function nowAndThen(tell: (message: string) => void): (message: string) => void {
  let next = -Infinity;
  return (message) => {
    if (performance.now() < next) return;
    next = performance.now() + REST_MS;
    tell(message);
  };
}
