import type { OnModuleDestroy } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { SessionStatistics } from 'nestjs-redis-session';
import { SessionCache, SessionEvents, SessionService } from 'nestjs-redis-session';
import type { Observable, Subscription } from 'rxjs';
import { UsersService } from '../users/users.service.js';
import { defer, exhaustMap, interval, map, startWith, Subject } from 'rxjs';

/** A sample of the metrics of this process. Counts are totals since the start of the process. */
export interface Metrics {
  readonly at: Date;
  /** The signed-in sessions of all processes; `null` when they were not counted, or the store is unavailable. */
  readonly sessions: {
    readonly count: number;
    /** The number of latest users whose sessions were counted; `null` when the sessions of all users were counted. */
    readonly ofLatest: number | null;
  } | null;
  readonly signIns: number;
  readonly evictions: number;
  readonly rejections: number;
  readonly revocations: number;
  readonly requests: number;
  /** The calls to the store and their latency. A call is one Redis command in one round trip. */
  readonly store: SessionStatistics['store'];
  readonly cache: { readonly state: string; readonly hits: number; readonly misses: number } | null;
}

const SAMPLE_INTERVAL_MS = 1_000;
/** The number of samples in memory, which a new subscriber gets first. */
const MAX_SAMPLES = 61;
/** Sessions are counted per user, with one call each, so the number of counted users is bounded. */
const MAX_COUNTED_USERS = 50;

/**
 * Measures this process from session events and statistics. Counts sessions in the store only while an administrator
 * has the live view open.
 */
@Injectable()
export class LiveMetrics implements OnModuleDestroy {
  /** An observable that emits the samples so far, then a new one every second. All subscribers share the samples. */
  readonly stream: Observable<readonly Metrics[]>;

  private readonly counts = { 'signed-in': 0, evicted: 0, rejected: 0, revoked: 0 };
  /** The users who signed in to this process last, the latest at the end. */
  private readonly latest = new Set<string>();
  /** The calls that counted sessions. The metrics leave them out, because no request caused them. */
  private ownCalls = 0;
  private readonly samples = new Subject<Metrics>();
  private readonly subscription: Subscription;
  private history: readonly Metrics[] = [];

  constructor(
    private readonly sessions: SessionService,
    private readonly cache: SessionCache,
    private readonly users: UsersService,
    events: SessionEvents,
  ) {
    for (const type of Object.keys(this.counts) as (keyof typeof this.counts)[]) {
      events.on(type, () => void this.counts[type]++);
    }
    events.on('signed-in', ({ userId }) => this.remember(userId));
    this.subscription = interval(SAMPLE_INTERVAL_MS)
      .pipe(exhaustMap(() => this.sample()))
      .subscribe((metrics) => this.record(metrics));
    this.stream = defer(() =>
      this.samples.pipe(
        map((metrics) => [metrics]),
        startWith(this.history),
      ),
    );
  }

  onModuleDestroy(): void {
    this.subscription.unsubscribe();
  }

  private record(metrics: Metrics): void {
    this.history = [...this.history, metrics].slice(-MAX_SAMPLES);
    this.samples.next(metrics);
  }

  private async sample(): Promise<Metrics> {
    const { counts } = this;
    const sessions = this.samples.observed ? await this.countSessions() : null;
    const { requests, store } = this.sessions.statistics();
    return {
      at: new Date(),
      sessions,
      signIns: counts['signed-in'],
      evictions: counts.evicted,
      rejections: counts.rejected,
      revocations: counts.revoked,
      requests,
      store: { ...store, calls: store.calls - this.ownCalls },
      cache: this.readCache(),
    };
  }

  private readCache(): Metrics['cache'] {
    const { state, hits, misses } = this.cache.statistics();
    return state === 'off' ? null : { state, hits, misses };
  }

  private async countSessions(): Promise<Metrics['sessions']> {
    const allIds = this.users.ids();
    const isAll = allIds.length <= MAX_COUNTED_USERS;
    const counted = isAll ? allIds : [...this.latest];
    try {
      const counts = await Promise.all(counted.map((id) => this.sessions.count(id)));
      this.ownCalls += counts.length;
      const count = counts.reduce((sum, each) => sum + each, 0);
      return { count, ofLatest: isAll ? null : counted.length };
    } catch {
      return null;
    }
  }

  private remember(userId: string): void {
    this.latest.delete(userId);
    this.latest.add(userId);
    if (this.latest.size > MAX_COUNTED_USERS) this.latest.delete(this.latest.values().next().value as string);
  }
}
