import { SessionUnavailableError } from '../errors/errors.js';
import type { SessionEvent } from './events.js';
import type { SessionRuntime } from './runtime.js';
import { UNKNOWN_END } from '../record/session-end.js';
import type { SessionEnd } from '../store/store.js';
import { timerMs } from './timer.js';
import type { SessionId } from '../record/token.js';

/**
 * Watches for the end of a session: reports it at once if this process ends the session, and by polling if another process or
 * a timeout does. Polling records no activity, so a watch does not extend the session.
 *
 * @param onEnd called once, unless the watch is stopped before
 * @param onError called once if loading fails. While the store is unavailable, the watch continues and reports nothing
 * @returns a function that stops the watch and releases everything
 */
export function watchEnd(
  { store, events }: Pick<SessionRuntime, 'store' | 'events'>,
  id: SessionId,
  everyMs: number,
  {
    onEnd,
    onError,
  }: { readonly onEnd: (end: SessionEnd) => void; readonly onError: (error: unknown) => void },
): () => void {
  let isOver = false;
  let looking: Promise<void> = Promise.resolve();

  const stop = () => {
    isOver = true;
    clearInterval(timer);
    unsubscribe();
  };
  const look = async () => {
    if (isOver || (await store.load(id, { fresh: true }))) return;
    const end = (await store.endOf(id)) ?? UNKNOWN_END;
    if (isOver) return;
    stop();
    onEnd(end);
  };
  // Lookups run one after another, because a lookup that began before an event may have found the session live.
  const lookNext = () => {
    looking = looking.then(look).catch((error: unknown) => {
      if (isOver || error instanceof SessionUnavailableError) return;
      stop();
      onError(error);
    });
  };

  const timer = setInterval(lookNext, timerMs(everyMs)).unref();
  const unsubscribe = events.on('*', (event) => void (isEndOf(event, id) && lookNext()));
  lookNext();
  return stop;
}

/** Returns true if an event reports that a session has ended, or continues under another ID. */
function isEndOf(event: SessionEvent, id: SessionId): boolean {
  switch (event.type) {
    case 'signed-out':
    case 'destroyed':
    case 'evicted':
    case 'revoked':
      return event.sessionId === id;
    case 'signed-in':
    case 'regenerated':
      return event.previousId === id;
    default:
      return false;
  }
}
