import { STORE_ERROR_TYPES } from '../core/store/store-error-types.js';
import type { Metric } from './metric.js';
import { SERVER } from './server-metrics.js';

/** The reasons for which a session ends by a deed of a user or of the application. A timeout happens unseen in the store. */
const END_REASONS = ['signed-out', 'destroyed', 'evicted', 'revoked', 'replaced'] as const;

/** The reasons that a store returns for a session that has ended. */
const NOTICED_REASONS = [...END_REASONS, 'expired'] as const;

/** The operations of a store, as metrics name them. */
export const STORE_OPERATIONS = [
  ...[
    'load',
    'endOf',
    'create',
    'commit',
    'touch',
    'increment',
    'compareAndSet',
    'rotate',
    'confirmRotation',
  ],
  ...['regenerate', 'signIn', 'destroy', 'revoke', 'list', 'revokeAll', 'revokeEveryone', 'ping'],
] as const;

const REQUESTS = [
  {
    name: 'session.requests',
    kind: 'counter',
    unit: '{request}',
    description: 'Requests by the session that they came with.',
    attributes: { 'session.state': ['signed-in', 'anonymous', 'none', 'unavailable', 'not-loaded'] },
  },
  {
    name: 'session.refusals',
    kind: 'counter',
    unit: '{refusal}',
    description: 'Tokens, sign-ins, writes and requests that were refused, by reason.',
    attributes: {
      'session.refusal.reason': [
        ...[
          'malformed-token',
          'forged-token',
          'ended-session',
          'unknown-token',
          'ambiguous-tokens',
          'reused-token',
        ],
        ...['limit', 'size', 'data', 'not-signed-in', 'sign-in-not-recent', 'cross-site'],
      ],
    },
  },
] as const satisfies readonly Metric[];

const SESSIONS = [
  {
    name: 'session.created',
    kind: 'counter',
    unit: '{session}',
    description: 'Sessions that were created.',
    attributes: { 'session.state': ['signed-in', 'anonymous'] },
  },
  {
    name: 'session.sign_ins',
    kind: 'counter',
    unit: '{sign_in}',
    description:
      'Sign-ins by outcome: a new session, the session of a request that was sent twice, or a refusal by the limit.',
    attributes: { 'session.sign_in.outcome': ['created', 'repeated', 'refused'] },
  },
  {
    name: 'session.ended',
    kind: 'counter',
    unit: '{session}',
    description: 'Sessions that a user or the application ended, by reason. Timeouts are not counted.',
    attributes: { 'session.end.reason': END_REASONS },
  },
  {
    name: 'session.tokens.exchanged',
    kind: 'counter',
    unit: '{token}',
    description: 'Tokens that were exchanged for a new one, by a rotation on a timer or by the application.',
    attributes: { 'session.token.exchange': ['rotated', 'regenerated'] },
  },
  {
    name: 'session.live.sessions',
    kind: 'gauge',
    unit: '{session}',
    description: 'Live sessions in the store, estimated from a sample of its keys.',
    attributes: {},
  },
  {
    name: 'session.live.users',
    kind: 'gauge',
    unit: '{user}',
    description: 'Users with at least one live session, estimated from a sample of the keys of the store.',
    attributes: {},
  },
  {
    name: 'session.live.error',
    kind: 'gauge',
    unit: '1',
    description: 'Half of the 95 % confidence interval of session.live.sessions, relative to the estimate.',
    attributes: {},
  },
  {
    name: 'session.size',
    kind: 'histogram',
    unit: 'By',
    description: "Size of the application's fields, with their names, at each write that sets a field.",
    attributes: {},
    buckets: [64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536],
  },
  {
    name: 'session.problems',
    kind: 'counter',
    unit: '{problem}',
    description: 'Events that need attention and refuse nothing, by type.',
    attributes: {
      'session.problem': [
        ...['invalid-data', 'unusable-record', 'value-converted', 'large-session', 'many-sessions'],
        ...['timeout-failed', 'not-replicated'],
      ],
    },
  },
] as const satisfies readonly Metric[];

const CORRECTNESS = [
  {
    name: 'session.conflicts',
    kind: 'counter',
    unit: '{conflict}',
    description:
      'Atomic updates of a field that another request had changed: those that ran again, and those that gave up.',
    attributes: { 'session.conflict.outcome': ['retried', 'gave-up'] },
  },
  {
    name: 'session.late_writes.refused',
    kind: 'counter',
    unit: '{write}',
    description:
      'Writes of fields that came after the session had ended and were refused, by the reason of the end.',
    attributes: { 'session.end.reason': NOTICED_REASONS },
  },
  {
    name: 'session.resurrections.prevented',
    kind: 'counter',
    unit: '{session}',
    description:
      'Writes, touches and tokens of slow requests that would have revived a session which had been ended, by the reason of the end.',
    attributes: { 'session.end.reason': END_REASONS },
  },
  {
    name: 'session.lost_updates.avoided',
    kind: 'counter',
    unit: '{commit}',
    description: 'Commits that met a newer record than they had read, and kept the changes of both requests.',
    attributes: {},
  },
  {
    name: 'session.limit_races.resolved',
    kind: 'counter',
    unit: '{sign_in}',
    description: 'Sign-ins that met another sign-in of the same user at the limit, and kept the limit.',
    attributes: { 'session.sign_in.outcome': ['created', 'refused'] },
  },
] as const satisfies readonly Metric[];

const STORE = [
  {
    name: 'db.client.operation.duration',
    kind: 'histogram',
    unit: 's',
    description: 'Duration of calls to the session store, by operation.',
    attributes: {
      'db.system.name': ['redis', 'memory', 'custom'],
      'db.operation.name': STORE_OPERATIONS,
      'error.type': STORE_ERROR_TYPES,
    },
    buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
  },
  {
    name: 'session.store.calls',
    kind: 'counter',
    unit: '{call}',
    description: 'Calls that reached the session store, by operation. Each of them is one command of Redis.',
    attributes: { 'db.operation.name': STORE_OPERATIONS },
  },
  {
    name: 'session.store.failures',
    kind: 'counter',
    unit: '{call}',
    description:
      'Calls to the session store that failed, also those that the circuit breaker stopped, by cause.',
    attributes: { 'error.type': STORE_ERROR_TYPES },
  },
  {
    name: 'session.store.breaker.state',
    kind: 'gauge',
    unit: '{breaker}',
    description: 'State of the circuit breaker: 1 for the present state, 0 for the others.',
    attributes: { 'session.store.breaker.state': ['closed', 'half-open', 'open'] },
  },
  {
    name: 'session.store.outages',
    kind: 'counter',
    unit: '{outage}',
    description: 'Outages of the store: the circuit breaker opened.',
    attributes: {},
  },
  {
    name: 'session.outage.decisions',
    kind: 'counter',
    unit: '{request}',
    description:
      'Decisions while the store failed: the request was rejected, continued as anonymous, or continued without a touch or another optional step.',
    attributes: { 'session.outage.decision': ['rejected', 'anonymous', 'continued'] },
  },
] as const satisfies readonly Metric[];

const CACHE = [
  {
    name: 'session.cache.lookups',
    kind: 'counter',
    unit: '{lookup}',
    description:
      'Lookups in the in-process cache by result. A bypass queried Redis because the coherence was in doubt.',
    attributes: { 'session.cache.result': ['hit', 'miss', 'bypass'] },
  },
  {
    name: 'session.cache.invalidations',
    kind: 'counter',
    unit: '{invalidation}',
    description: 'Changes to cached sessions that Redis reported.',
    attributes: {},
  },
  {
    name: 'session.cache.flushes',
    kind: 'counter',
    unit: '{flush}',
    description: 'Flushes of all cached sessions of a server.',
    attributes: {},
  },
  {
    name: 'session.cache.outages',
    kind: 'counter',
    unit: '{outage}',
    description: 'Times that the cache went out of use for the sessions of a server.',
    attributes: {},
  },
  {
    name: 'session.cache.state',
    kind: 'gauge',
    unit: '{cache}',
    description: 'State of the cache: 1 for the present state, 0 for the others.',
    attributes: { 'session.cache.state': ['coherent', 'partly', 'bypassed', 'off'] },
  },
  {
    name: 'session.cache.entries',
    kind: 'gauge',
    unit: '{session}',
    description: 'Cached sessions.',
    attributes: {},
  },
  {
    name: 'session.cache.size',
    kind: 'gauge',
    unit: 'By',
    description: 'Approximate memory that the cached sessions take.',
    attributes: {},
  },
  {
    name: 'session.cache.verifications',
    kind: 'counter',
    unit: '{lookup}',
    description: 'Hits that were compared with Redis, one in a given number, by result.',
    attributes: { 'session.cache.verification': ['current', 'stale'] },
  },
] as const satisfies readonly Metric[];

/** The name of a metric of the catalogue. Written out, because the type of the whole list would be published. */
export type MetricName =
  | 'session.requests'
  | 'session.refusals'
  | 'session.created'
  | 'session.sign_ins'
  | 'session.ended'
  | 'session.tokens.exchanged'
  | 'session.live.sessions'
  | 'session.live.users'
  | 'session.live.error'
  | 'session.size'
  | 'session.problems'
  | 'session.conflicts'
  | 'session.late_writes.refused'
  | 'session.resurrections.prevented'
  | 'session.lost_updates.avoided'
  | 'session.limit_races.resolved'
  | 'db.client.operation.duration'
  | 'session.store.calls'
  | 'session.store.failures'
  | 'session.store.breaker.state'
  | 'session.store.outages'
  | 'session.outage.decisions'
  | 'session.cache.lookups'
  | 'session.cache.invalidations'
  | 'session.cache.flushes'
  | 'session.cache.outages'
  | 'session.cache.state'
  | 'session.cache.entries'
  | 'session.cache.size'
  | 'session.cache.verifications'
  | 'session.redis.memory.used'
  | 'session.redis.memory.resident'
  | 'session.redis.memory.limit'
  | 'session.redis.memory.fragmentation'
  | 'session.redis.keys.stored'
  | 'session.redis.keys.without_lifetime'
  | 'session.redis.keys.evicted'
  | 'session.redis.keyspace.lookups'
  | 'session.redis.clients.connected'
  | 'session.redis.network.io'
  | 'session.redis.replicas.connected'
  | 'session.redis.replication.lag';

/** The metrics of this package. Boards, alerts and pages are generated from this list. */
export const METRICS: readonly (Metric & { readonly name: MetricName })[] = [
  ...REQUESTS,
  ...SESSIONS,
  ...CORRECTNESS,
  ...STORE,
  ...CACHE,
  ...SERVER,
];
