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
import { LiveFigures } from './live-figures.js';
import { Streams } from './streams.js';

/** Changes by another process come with the next look. */
const LOOK_EVERY_MS = 3_000;
/** One sign-in is several events. */
const SETTLE_MS = 30;

@Controller('api')
export class LiveController {
  constructor(
    private readonly sessions: SessionService,
    private readonly events: SessionEvents,
    private readonly streams: Streams,
    private readonly figures: LiveFigures,
  ) {}

  /** The user's sessions as they change, and at last how this one ended. */
  @Sse('events')
  mine(@CurrentUser('id') userId: string, @Session() session: Session): Observable<MessageEvent> {
    // A page that is left open, and opens its stream again, is no sign of its user.
    this.sessions.ignoreActivity(session);
    const changes = this.changesOf(userId).pipe(debounceTime(SETTLE_MS));
    const lists = merge(changes, interval(LOOK_EVERY_MS)).pipe(
      startWith(null),
      concatMap(() => this.list(userId, session.id)),
      distinctUntilChanged((one, other) => JSON.stringify(one) === JSON.stringify(other)),
    );
    return this.streams.during({ id: session.id, userId }, lists);
  }

  /** Figures of this process, for administrators. */
  @Sse('admin/live')
  @UseGuards(AdminGuard)
  all(@CurrentUser('id') userId: string, @Session() session: Session): Observable<MessageEvent> {
    this.sessions.ignoreActivity(session);
    return this.streams.during(
      { id: session.id, userId },
      this.figures.stream.pipe(map((data) => ({ type: 'figures', data }))),
    );
  }

  private list(userId: string, currentId: string): Observable<MessageEvent> {
    return defer(() => this.sessions.list(userId)).pipe(
      map((list) => ({
        type: 'sessions',
        data: list.map((each) => ({ ...each, current: each.id === currentId })),
      })),
      catchError(() => of({ type: 'unavailable', data: 'Sessions cannot be reached at the moment.' })),
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
