import type { MessageEvent } from '@nestjs/common';
import { Controller, Sse, UseGuards } from '@nestjs/common';
import type { SessionEvent } from 'nestjs-redis-session';
import { CurrentUser, Session, SessionEvents, SessionService } from 'nestjs-redis-session';
import {
  catchError,
  concatMap,
  debounceTime,
  defer,
  distinctUntilChanged,
  interval,
  map,
  merge,
  Observable,
  of,
  startWith,
} from 'rxjs';
import { AdminGuard } from '../admin/admin.guard.js';
import { LiveMetrics } from './live-metrics.js';
import { Streams } from './streams.js';

/** The interval at which the list is read again, for changes by other processes. */
const POLL_INTERVAL_MS = 3_000;
/** One sign-in emits several events; the list is read once for all of them. */
const DEBOUNCE_MS = 30;

@Controller('api')
export class LiveController {
  constructor(
    private readonly sessions: SessionService,
    private readonly events: SessionEvents,
    private readonly streams: Streams,
    private readonly metrics: LiveMetrics,
  ) {}

  /** Streams the user's sessions whenever they change. The last event is the end of the current session. */
  @Sse('events')
  mine(@CurrentUser('id') userId: string, @Session() session: Session): Observable<MessageEvent> {
    // An open page reconnects its stream by itself. That is no activity of the user, and must not extend the session.
    this.sessions.ignoreActivity(session);
    const changes = this.changesOf(userId).pipe(debounceTime(DEBOUNCE_MS));
    const lists = merge(changes, interval(POLL_INTERVAL_MS)).pipe(
      startWith(null),
      concatMap(() => this.list(userId, session.id)),
      distinctUntilChanged((one, other) => JSON.stringify(one) === JSON.stringify(other)),
    );
    return this.streams.during({ id: session.id, userId }, lists);
  }

  /** Streams the metrics of this process to administrators. */
  @Sse('admin/live')
  @UseGuards(AdminGuard)
  all(@CurrentUser('id') userId: string, @Session() session: Session): Observable<MessageEvent> {
    this.sessions.ignoreActivity(session);
    return this.streams.during(
      { id: session.id, userId },
      this.metrics.stream.pipe(map((data) => ({ type: 'metrics', data }))),
    );
  }

  private list(userId: string, currentId: string): Observable<MessageEvent> {
    return defer(() => this.sessions.list(userId)).pipe(
      map((list) => ({
        type: 'sessions',
        data: list.map((each) => ({ ...each, current: each.id === currentId })),
      })),
      catchError(() => of({ type: 'unavailable', data: 'The session store is unavailable.' })),
    );
  }

  private changesOf(userId: string): Observable<SessionEvent> {
    return new Observable((subscriber) =>
      this.events.on('*', (event) => {
        if ('userId' in event && event.userId === userId) subscriber.next(event);
      }),
    );
  }
}
