import type { MessageEvent, OnModuleDestroy } from '@nestjs/common';
import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import { SessionService } from 'nestjs-redis-session';
import { defer, finalize, interval, map, merge, Observable, share, Subject, takeUntil } from 'rxjs';

/** A page that is left open holds one. */
const MOST_STREAMS = 500;
/** So often a silent stream says that it is there, which also finds out whether its client is. */
const HEARTBEAT_MS = 15_000;

/** Streams of server-sent events that last no longer than the session they belong to, or this process. */
@Injectable()
export class Streams implements OnModuleDestroy {
  private readonly shutdown = new Subject<void>();
  private open = 0;

  constructor(private readonly sessions: SessionService) {}

  /** Ends all streams: an open one would hold up the end of the server. */
  onModuleDestroy(): void {
    this.shutdown.next();
  }

  /**
   * The messages, for as long as the session lives. How it ended is the last one.
   *
   * @throws ServiceUnavailableException when there are too many already
   */
  during(sessionId: string, messages: Observable<MessageEvent>): Observable<MessageEvent> {
    if (this.open >= MOST_STREAMS) throw new ServiceUnavailableException('Too many pages are open.');
    return defer(() => {
      this.open++;
      const end = this.sessions.watchEnd(sessionId).pipe(share());
      const heartbeat = interval(HEARTBEAT_MS).pipe(map(() => ({ comment: 'still here' })));
      return merge(
        merge(messages, heartbeat).pipe(takeUntil(end)),
        end.pipe(map(({ at, ...rest }) => ended({ ...rest, at: at && new Date(at) }))),
      ).pipe(
        takeUntil(this.shutdown),
        finalize(() => this.open--),
      );
    });
  }
}

function ended(data: object): MessageEvent {
  return { type: 'ended', data };
}
