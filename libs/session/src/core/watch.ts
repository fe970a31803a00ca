import { SessionUnavailableError } from './errors.js';
import type { SessionEvent } from './events.js';
import type { SessionRuntime } from './runtime.js';
import { UNKNOWN_END } from './session-end.js';
import type { SessionEnd } from './store.js';
import { timerMs } from './timer.js';
import type { SessionId } from './token.js';

/**
 * Waits for the end of one session: at once where this process ends it, and by looking now and then where another
 * process or a clock does. Looking records no activity, so a watch keeps no session alive.
 *
 * @param onEnd called once, unless the watch is ended before
 * @param onError called once when looking fails for another reason than an absent store, which is waited for
 * @returns a function that ends the watch and leaves nothing behind
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
  // One look after another: one that began before an event may have seen the session alive.
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

/** Whether an event says that a session is gone, or goes on under another id. */
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
