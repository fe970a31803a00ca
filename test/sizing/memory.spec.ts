import { trackingTableBytes } from '../../libs/cli/src/sizing/tracking-table.js';
import { hasModelledStructures } from '../support/server-version.js';
import { MeasuredRedis, type MemoryComparison } from './support/measurement.js';
import { SHAPES, type Shape } from './support/shapes.js';

const SESSIONS = 10_000;
const FEWER_SESSIONS = 6_000;
/** Users with a session each have two keys each. */
const USERS_THAT_FILL_TABLES = 2_048;
/** A table of keys and one of expiries, with a pointer of 8 bytes for each key. */
const BYTES_OF_TABLES = 2 * 2 * USERS_THAT_FILL_TABLES * 8;
const TRACKED_SESSIONS = 8_000;
const STANDARD = SHAPES[1] as Shape;
/** Above 64 sessions of a user, the index is a skip list. */
const CROWD = 200;
/** The promise is 10 %. A model that is derived from the structures does better, and a wrong term of it shows. */
const TOLERANCE = 0.02;
/** The buffers of the connections that read are freed in their own time. */
const WITH_BUFFERS = 0.1;

const onModelledServers = hasModelledStructures ? describe : describe.skip;

let redis: MeasuredRedis;

beforeAll(async () => {
  redis = await MeasuredRedis.start();
});
afterAll(() => redis.stop());

function expectClose({ predicted, measured }: MemoryComparison, tolerance = TOLERANCE): void {
  expect(Math.abs(predicted / measured - 1)).toBeLessThan(tolerance);
}

onModelledServers('the predicted memory of sessions', () => {
  it.each(SHAPES.map((shape) => [shape.name, shape] as const))(
    'predicts the memory of 10,000 sessions: %s',
    async (_name, shape) => expectClose(await redis.compare(shape, SESSIONS)),
  );

  it.each([3, CROWD])('predicts the memory of users with %d sessions each', async (sessionsPerUser) =>
    expectClose(await redis.compare(STANDARD, FEWER_SESSIONS, sessionsPerUser)),
  );

  it('predicts a jump when the tables of keys double', async () => {
    const below = await redis.compare(STANDARD, USERS_THAT_FILL_TABLES);
    const above = await redis.compare(STANDARD, USERS_THAT_FILL_TABLES + 1);
    expectClose(below);
    expectClose(above);
    const jump = (memory: 'measured' | 'predicted') => above[memory] - below[memory];
    expect(jump('predicted')).toBeGreaterThan(BYTES_OF_TABLES);
    expect(jump('measured')).toBeGreaterThan(0.9 * BYTES_OF_TABLES);
  });
});

onModelledServers('the predicted memory of the tracking table', () => {
  it.each([1, 3])('predicts the memory of sessions whose copies %d processes hold', async (processes) => {
    await redis.client.flushall();
    await redis.fill(STANDARD, TRACKED_SESSIONS, TRACKED_SESSIONS);
    const readers = await redis.openReaders(processes);
    const before = await redis.settledMemory();
    for (const reader of readers) await redis.readAll(reader);
    const measured = (await redis.settledMemory()) - before;
    for (const reader of readers) reader.disconnect();
    const tracked = { keys: TRACKED_SESSIONS, processes };
    expectClose(
      { predicted: trackingTableBytes(tracked, redis.layout.quantumBytes), measured },
      WITH_BUFFERS,
    );
  });
});
