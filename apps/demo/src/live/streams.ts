import type { MessageEvent, OnModuleDestroy } from '@nestjs/common';
import { HttpException, HttpStatus, Injectable, ServiceUnavailableException } from '@nestjs/common';
import { SessionService } from 'nestjs-redis-session';
import { defer, finalize, interval, map, merge, Observable, share, Subject, takeUntil } from 'rxjs';

/** A page that is left open holds one. */
const MOST_STREAMS = 500;
/** So that no user can take them all. */
const MOST_STREAMS_OF_A_USER = 20;
/** So often a silent stream says that it is there, which also finds out whether its client is. */
const HEARTBEAT_MS = 15_000;

/** The session that a stream lasts as long as, and its user. */
export interface StreamOwner {
  readonly id: string;
  readonly userId: string;
}

/** Streams of server-sent events that last no longer than the session they belong to, or this process. */
@Injectable()
export class Streams implements OnModuleDestroy {
  private readonly shutdown = new Subject<void>();
  private open = 0;
  private readonly openByUser = new Map<string, number>();

  constructor(private readonly sessions: SessionService) {}

  /** Ends all streams: an open one would hold up the end of the server. */
  onModuleDestroy(): void {
    this.shutdown.next();
  }

  /**
   * The messages, for as long as the session lives. How it ended is the last one.
   *
   * @throws HttpException (429) when the user has too many open already
   * @throws ServiceUnavailableException when all users together have
   */
  during(
    { id: sessionId, userId }: StreamOwner,
    messages: Observable<MessageEvent>,
  ): Observable<MessageEvent> {
    if (this.openOf(userId) >= MOST_STREAMS_OF_A_USER) {
      throw new HttpException('You have too many pages open.', HttpStatus.TOO_MANY_REQUESTS);
    }
    if (this.open >= MOST_STREAMS) throw new ServiceUnavailableException('Too many pages are open.');
    return defer(() => {
      this.count(userId, 1);
      const end = this.sessions.watchEnd(sessionId).pipe(share());
      const heartbeat = interval(HEARTBEAT_MS).pipe(map(() => ({ comment: 'still here' })));
      return merge(
        merge(messages, heartbeat).pipe(takeUntil(end)),
        end.pipe(map(({ at, ...rest }) => ended({ ...rest, at: at && new Date(at) }))),
      ).pipe(
        takeUntil(this.shutdown),
        finalize(() => this.count(userId, -1)),
      );
    });
  }

  private openOf(userId: string): number {
    return this.openByUser.get(userId) ?? 0;
  }

  private count(userId: string, change: 1 | -1): void {
    this.open += change;
    const left = this.openOf(userId) + change;
    if (left === 0) this.openByUser.delete(userId);
    else this.openByUser.set(userId, left);
  }
}

function ended(data: object): MessageEvent {
  return { type: 'ended', data };
}
