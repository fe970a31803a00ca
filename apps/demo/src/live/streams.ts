import type { MessageEvent, OnModuleDestroy } from '@nestjs/common';
import { HttpException, HttpStatus, Injectable, ServiceUnavailableException } from '@nestjs/common';
import { SessionService } from 'nestjs-redis-session';
import { defer, finalize, interval, map, merge, Observable, share, Subject, takeUntil } from 'rxjs';

/** Every open page holds a stream. */
const MAX_STREAMS = 500;
/** Lower, so that no single user can use up all streams. */
const MAX_STREAMS_PER_USER = 20;
/** The interval at which a silent stream sends a comment, which also detects a closed connection. */
const HEARTBEAT_MS = 15_000;

/** The session that a stream belongs to, and the session's user. */
export interface StreamOwner {
  readonly id: string;
  readonly userId: string;
}

/** Opens streams of server-sent events, and closes each with its session or with this process. */
@Injectable()
export class Streams implements OnModuleDestroy {
  private readonly shutdown = new Subject<void>();
  private open = 0;
  private readonly openByUser = new Map<string, number>();

  constructor(private readonly sessions: SessionService) {}

  /** Closes all streams. An open stream would keep the server from closing. */
  onModuleDestroy(): void {
    this.shutdown.next();
  }

  /**
   * Returns the messages until the session ends. The last message is the end of the session.
   *
   * @throws HttpException (429) when the user has too many open streams
   * @throws ServiceUnavailableException when all users together have too many open streams
   */
  during(
    { id: sessionId, userId }: StreamOwner,
    messages: Observable<MessageEvent>,
  ): Observable<MessageEvent> {
    if (this.openOf(userId) >= MAX_STREAMS_PER_USER) {
      throw new HttpException(
        'You have too many open pages. Close some of them.',
        HttpStatus.TOO_MANY_REQUESTS,
      );
    }
    if (this.open >= MAX_STREAMS)
      throw new ServiceUnavailableException('The demo has too many open pages. Try again later.');
    return defer(() => {
      this.count(userId, 1);
      const end = this.sessions.watchEnd(sessionId).pipe(share());
      const heartbeat = interval(HEARTBEAT_MS).pipe(map(() => ({ comment: 'heartbeat' })));
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
