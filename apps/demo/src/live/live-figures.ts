import type { OnModuleDestroy } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { SessionStatistics } from 'nestjs-redis-session';
import { SessionCache, SessionEvents, SessionService } from 'nestjs-redis-session';
import type { Observable, Subscription } from 'rxjs';
import { UsersService } from '../users/users.service.js';
import { defer, exhaustMap, interval, map, startWith, Subject } from 'rxjs';

/** What one look at this process found. Counts are since the process began. */
export interface Figures {
  readonly at: Date;
  /** Live sessions that somebody is signed in to; `null`: they were not counted, or could not be. */
  readonly sessions: {
    readonly count: number;
    /** Of how many users, where the demo has too many: those who signed in last here. `null`: of all. */
    readonly ofLatest: number | null;
  } | null;
  readonly signIns: number;
  readonly evictions: number;
  readonly refusals: number;
  readonly revocations: number;
  readonly requests: number;
  /** Calls to the store and how long they took. A call is one command of Redis, and one round trip. */
  readonly store: SessionStatistics['store'];
  readonly cache: { readonly state: string; readonly hits: number; readonly misses: number } | null;
}

const EVERY_MS = 1_000;
/** How many looks are kept, to begin with when somebody comes to watch. */
const KEPT = 61;
/** Sessions are counted user by user, so only for so many. */
const MOST_USERS = 50;

/** Counts what happens in this process, from the events alone, and looks closer while somebody watches. */
@Injectable()
export class LiveFigures implements OnModuleDestroy {
  /** What was seen so far, and then what is seen every second. Computed once for all who watch. */
  readonly stream: Observable<readonly Figures[]>;

  private readonly counts = { 'signed-in': 0, evicted: 0, rejected: 0, revoked: 0 };
  /** The users who signed in last, the latest at the end. */
  private readonly latest = new Set<string>();
  /** Calls that were made to count sessions, which nobody's request needed. */
  private ownCalls = 0;
  private readonly looks = new Subject<Figures>();
  private readonly subscription: Subscription;
  private history: readonly Figures[] = [];

  constructor(
    private readonly sessions: SessionService,
    private readonly cache: SessionCache,
    private readonly everybody: UsersService,
    events: SessionEvents,
  ) {
    for (const type of Object.keys(this.counts) as (keyof typeof this.counts)[]) {
      events.on(type, () => void this.counts[type]++);
    }
    events.on('signed-in', ({ userId }) => this.remember(userId));
    this.subscription = interval(EVERY_MS)
      .pipe(exhaustMap(() => this.look()))
      .subscribe((figures) => this.keep(figures));
    this.stream = defer(() =>
      this.looks.pipe(
        map((figures) => [figures]),
        startWith(this.history),
      ),
    );
  }

  onModuleDestroy(): void {
    this.subscription.unsubscribe();
  }

  private keep(figures: Figures): void {
    this.history = [...this.history, figures].slice(-KEPT);
    this.looks.next(figures);
  }

  private async look(): Promise<Figures> {
    const { counts } = this;
    const sessions = this.looks.observed ? await this.countSessions() : null;
    const { requests, store } = this.sessions.statistics();
    return {
      at: new Date(),
      sessions,
      signIns: counts['signed-in'],
      evictions: counts.evicted,
      refusals: counts.rejected,
      revocations: counts.revoked,
      requests,
      store: { ...store, calls: store.calls - this.ownCalls },
      cache: this.cacheFigures(),
    };
  }

  private cacheFigures(): Figures['cache'] {
    const { state, hits, misses } = this.cache.statistics();
    return state === 'off' ? null : { state, hits, misses };
  }

  private async countSessions(): Promise<Figures['sessions']> {
    const everybody = this.everybody.ids();
    const isAll = everybody.length <= MOST_USERS;
    const counted = isAll ? everybody : [...this.latest];
    try {
      const numbers = await Promise.all(counted.map((id) => this.sessions.count(id)));
      this.ownCalls += numbers.length;
      const count = numbers.reduce((sum, number) => sum + number, 0);
      return { count, ofLatest: isAll ? null : counted.length };
    } catch {
      return null;
    }
  }

  private remember(userId: string): void {
    this.latest.delete(userId);
    this.latest.add(userId);
    if (this.latest.size > MOST_USERS) this.latest.delete(this.latest.values().next().value as string);
  }
}
