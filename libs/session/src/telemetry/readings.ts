import type { SessionCache } from '../cache/session-cache.js';
import type { EndReason } from '../core/record/record.js';
import type { SessionEvents, SessionEventType } from '../core/runtime/events.js';
import type { Meter } from '../core/runtime/statistics.js';
import type { CompleteStore, LiveEstimate } from '../core/store/store.js';
import { STORE_ERROR_TYPES } from '../core/store/store-error-types.js';
import type { ServerFigures } from '../redis/server-figures.js';
import { STORE_OPERATIONS } from './catalogue.js';
import { observationsOf, SERVER } from './server-metrics.js';
import type { Reading, ReadMetric } from './telemetry.js';

/** The parts of an application that hold the values of metrics. */
export interface ReadingSources {
  readonly meter: Meter;
  readonly events: SessionEvents;
  readonly store: Pick<CompleteStore, 'breaker'>;
  readonly cache: SessionCache;
  /** Returns the latest estimate of the live sessions; `null` if there is none. */
  readonly live: () => Promise<LiveEstimate | null>;
  /** Returns the latest figures of the Redis servers that this process samples. */
  readonly servers: () => readonly ServerFigures[];
}

type ServerMetric = (typeof SERVER)[number]['name'];

/** The reader of each metric that is not recorded call by call. */
type Readers = { readonly [Name in ReadMetric]: () => readonly Reading[] | Promise<readonly Reading[]> };

/** Returns a reader for each metric. They read the counters that statistics read, and the counts of events. */
export function readersOf(sources: ReadingSources): Readers {
  return {
    ...requestReaders(sources),
    ...sessionReaders(sources),
    ...liveReaders(sources),
    ...correctnessReaders(sources),
    ...storeReaders(sources),
    ...cacheReaders(sources),
    ...serverReaders(sources),
  };
}

function requestReaders({ meter, events }: ReadingSources) {
  const { states, tally } = meter;
  const { cookies, refused } = tally;
  return {
    'session.requests': () =>
      by('session.state', {
        'signed-in': states.signedIn,
        anonymous: states.anonymous,
        none: states.none,
        unavailable: states.unavailable,
        'not-loaded': states.notLoaded,
      }),
    'session.refusals': () =>
      by('session.refusal.reason', {
        'malformed-token': cookies.malformed,
        'forged-token': cookies.forged,
        'ended-session': cookies.dead,
        'unknown-token': cookies.unknown,
        'ambiguous-tokens': events.countOf('ambiguous-cookie'),
        'reused-token': events.countOf('token-reused'),
        limit: events.countOf('rejected'),
        size: refused.size,
        data: refused.data,
        'not-signed-in': refused.notSignedIn,
        'sign-in-not-recent': refused.signInNotRecent,
        'cross-site': events.countOf('csrf-refused'),
      }),
  };
}

const PROBLEMS: readonly SessionEventType[] = [
  ...(['invalid-data', 'unusable-record', 'value-converted', 'large-session', 'many-sessions'] as const),
  ...(['timeout-failed', 'not-replicated'] as const),
];

function sessionReaders({ meter: { tally }, events }: ReadingSources) {
  return {
    'session.created': () =>
      by('session.state', {
        'signed-in': events.countOf('signed-in'),
        anonymous: tally.anonymous.created,
      }),
    'session.sign_ins': () =>
      by('session.sign_in.outcome', {
        created: events.countOf('signed-in'),
        repeated: tally.repeatedSignIns,
        refused: events.countOf('rejected'),
      }),
    'session.ended': () =>
      by('session.end.reason', {
        'signed-out': events.countOf('signed-out'),
        destroyed: events.countOf('destroyed'),
        evicted: events.countOf('evicted'),
        revoked: events.countOf('revoked'),
        replaced: tally.endedAsReplaced,
      } satisfies Record<Exclude<EndReason, 'expired'>, number>),
    'session.tokens.exchanged': () =>
      by('session.token.exchange', {
        rotated: events.countOf('rotated'),
        regenerated: events.countOf('regenerated'),
      }),
    'session.problems': () =>
      by('session.problem', Object.fromEntries(PROBLEMS.map((type) => [type, events.countOf(type)]))),
  };
}

function liveReaders({ live }: ReadingSources) {
  const part = (name: 'sessions' | 'users' | 'error') => async () => {
    const estimate = await live();
    return estimate ? [{ value: estimate[name] }] : [];
  };
  return {
    'session.live.sessions': part('sessions'),
    'session.live.users': part('users'),
    'session.live.error': part('error'),
  };
}

function correctnessReaders({ meter: { tally } }: ReadingSources) {
  return {
    'session.conflicts': () =>
      by('session.conflict.outcome', { retried: tally.conflicts.retried, 'gave-up': tally.conflicts.gaveUp }),
    'session.late_writes.refused': () => by('session.end.reason', tally.lateWrites),
    'session.resurrections.prevented': () => by('session.end.reason', tally.resurrections),
    'session.lost_updates.avoided': () => [{ value: tally.lostUpdatesAvoided }],
    'session.limit_races.resolved': () => by('session.sign_in.outcome', tally.limitRaces),
  };
}

function storeReaders({ meter, events, store }: ReadingSources) {
  return {
    'session.store.calls': () => by('db.operation.name', withZeros(STORE_OPERATIONS, meter.callsByOperation)),
    'session.store.failures': () => by('error.type', withZeros(STORE_ERROR_TYPES, meter.failuresByCause)),
    'session.store.breaker.state': () =>
      store.breaker
        ? states('session.store.breaker.state', ['closed', 'half-open', 'open'], store.breaker.state)
        : [],
    'session.store.outages': () => [{ value: events.countOf('store-down') }],
    'session.outage.decisions': () =>
      by('session.outage.decision', { ...meter.outages, continued: events.countOf('store-failed') }),
  };
}

function cacheReaders({ cache }: ReadingSources) {
  const read = () => cache.statistics();
  return {
    'session.cache.lookups': () => {
      const { hits: hit, misses: miss, bypasses: bypass } = read();
      return by('session.cache.result', { hit, miss, bypass });
    },
    'session.cache.invalidations': () => [{ value: read().invalidations }],
    'session.cache.flushes': () => [{ value: read().flushes }],
    'session.cache.outages': () => [{ value: read().outages }],
    'session.cache.state': () =>
      states('session.cache.state', ['coherent', 'partly', 'bypassed', 'off'], read().state),
    'session.cache.entries': () => [{ value: read().entries }],
    'session.cache.size': () => [{ value: read().bytes }],
    'session.cache.verifications': () => {
      const { current, stale } = read();
      return by('session.cache.verification', { current, stale });
    },
  };
}

function serverReaders({ servers }: ReadingSources): Record<ServerMetric, () => readonly Reading[]> {
  const readerOf = (name: string) => () =>
    servers()
      .flatMap(observationsOf)
      .filter((observation) => observation.name === name);
  return Object.fromEntries(SERVER.map(({ name }) => [name, readerOf(name)])) as never;
}

/** Returns the count of each name. Names that were not counted are 0, because a rate needs a value before the first event. */
function withZeros(names: readonly string[], counts: ReadonlyMap<string, number>): Record<string, number> {
  return { ...Object.fromEntries(names.map((name) => [name, 0])), ...Object.fromEntries(counts) };
}

/** Returns a reading for each value of one attribute. */
function by(attribute: string, values: Readonly<Record<string, number>>): Reading[] {
  return Object.entries(values).map(([name, value]) => ({ value, attributes: { [attribute]: name } }));
}

/** Returns 1 for the present state, and 0 for the others. */
function states(attribute: string, all: readonly string[], present: string): Reading[] {
  return all.map((state) => ({ value: state === present ? 1 : 0, attributes: { [attribute]: state } }));
}
