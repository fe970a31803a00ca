import type { SessionRecord, SignInIntent } from 'nestjs-redis-session/core';
import { type Operation, type Traffic, trafficOf } from '../../libs/cli/src/sizing/traffic.js';
import type { RedisServer } from '../support/redis-server.js';
import { startRedisServer } from '../support/redis-server.js';
import { until } from '../support/until.js';
import { MeasuredRedis } from './support/measurement.js';
import { lengthsOf, type Shape, SHAPES, signInTo, userOf } from './support/shapes.js';

const USERS = 500;
const WITHIN_MS = 15_000;
/** Numbers have more digits in some sessions than in others, and each measurement has a few commands of its own. */
const TOLERANCE = 0.05;
/** The reply to the INFO of a measurement. */
const INFO_BYTES = 10_000;
const SHAPE = SHAPES[1] as Shape;

let redis: MeasuredRedis;
let replica: RedisServer;

beforeAll(async () => {
  redis = await MeasuredRedis.start(['--repl-ping-replica-period', '3600']);
  const follows = ['--replicaof', '127.0.0.1', String(redis.port), '--repl-diskless-sync-delay', '0'];
  replica = await startRedisServer({ args: follows });
  await until('a replica', WITHIN_MS, async () =>
    /state=online/.test(await redis.client.info('replication')),
  );
});
afterAll(async () => {
  await replica.stop();
  await redis.stop();
});

/** A user of the test, with a session that a step may need. */
interface Visitor {
  readonly intent: SignInIntent;
  record: SessionRecord;
}

/** A write soon after activity was recorded. */
const KEEP_ACTIVITY: object = { keepActivity: true };

type Step = (visitor: Visitor) => Promise<unknown>;

const STEPS: readonly (readonly [Operation, Step])[] = [
  ['signIn', ({ intent }) => redis.store.signIn(intent)],
  ['firstRead', ({ intent }) => redis.newStore().load(intent.id, { onAbsent: () => undefined })],
  [
    'read',
    async (visitor) => (visitor.record = (await redis.store.load(visitor.intent.id)) as SessionRecord),
  ],
  ['touch', ({ record }) => redis.store.touch(record)],
  ['write', ({ intent, record }) => redis.store.commit(record, lastChange(intent), KEEP_ACTIVITY)],
  ['signOut', ({ record }) => redis.store.destroy(record.id, { reason: 'signed-out' })],
];

/** Returns the change of the longest field. */
function lastChange({ changes }: SignInIntent) {
  const [longest] = [...changes.set].sort(([, one], [, other]) => other.length - one.length);
  return { set: new Map([longest as [string, string]]), remove: [] };
}

async function takeStep(visitors: readonly Visitor[], step: Step): Promise<Traffic> {
  const before = await counters();
  await Promise.all(visitors.map(step));
  const after = await counters();
  const each = (name: keyof Traffic) => (after[name] - before[name]) / visitors.length;
  return { commands: 1, received: each('received'), sent: each('sent'), replicated: each('replicated') };
}

async function counters(): Promise<Traffic> {
  const [received = NaN, sent = NaN, toReplicas = NaN, replicated = NaN] = await redis.figures(
    'total_net_input_bytes',
    'total_net_output_bytes',
    'total_net_repl_output_bytes',
    'master_repl_offset',
  );
  // Redis 6.2 does not count the bytes to replicas apart.
  return {
    commands: 0,
    received,
    sent: sent - (Number.isNaN(toReplicas) ? replicated : toReplicas),
    replicated,
  };
}

it('predicts the bytes that each operation sends to Redis, to the client and to a replica', async () => {
  const visitors = Array.from({ length: USERS }, (_, n) => ({
    intent: signInTo(SHAPE, userOf(n)),
    record: undefined as unknown as SessionRecord,
  }));
  const spare = { intent: signInTo(SHAPE, userOf(USERS)), record: undefined as unknown as SessionRecord };
  for (const [, step] of STEPS) await step(spare); // the server keeps the scripts
  const predicted = trafficOf(lengthsOf(SHAPE));
  for (const [operation, step] of STEPS) {
    const measured = await takeStep(visitors, step);
    for (const direction of ['received', 'sent', 'replicated'] as const) {
      const difference = measured[direction] - predicted[operation][direction];
      const excess = Math.abs(difference) - TOLERANCE * measured[direction] - INFO_BYTES / USERS;
      const shown = [operation, direction, measured[direction], predicted[operation][direction]];
      expect(excess > 0 ? shown : []).toEqual([]);
    }
  }
});
