// The time of the store's operations, compared with the bare ioredis commands that they send: the same commands, recorded
// and replayed without the store, on a Redis in the same state.
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { Redis } from 'ioredis';
import { MeasuredRedis } from '../redis.mjs';
import { medianOf } from '../statistics.mjs';
import { signInOf, storeOn } from './sessions.mjs';

const COUNT = 2_000;
const AT_ONCE = 32;

/** Measured operations. Each runs once per user, on the state that `before` prepared. */
const OPERATIONS = [
  { name: 'load', before: signIn, run: (store, { id }) => store.load(id) },
  { name: 'commit', before: signIn, run: commit },
  { name: 'login', before: () => Promise.resolve(), run: (store, intent) => store.signIn(intent) },
  { name: 'list', before: signIn, run: (store, { userId }) => store.list(userId) },
  {
    name: 'revoke',
    before: signIn,
    run: (store, { userId }) => store.revokeAll(userId, { reason: 'revoked' }, null),
  },
];

/** @returns a row for each operation: microseconds with the store and bare, and the ratio, medians over the rounds */
export async function measureOperations({ rounds, report }) {
  const redis = await MeasuredRedis.start({ replica: false });
  const client = new RecordingRedis(redis.url, { maxRetriesPerRequest: 0 });
  try {
    await once(client, 'ready');
    const rows = [];
    for (const operation of OPERATIONS) {
      report(`measuring ${operation.name}`);
      rows.push(await measure(operation, client, rounds));
    }
    return rows;
  } finally {
    client.disconnect();
    await redis.stop();
  }
}

async function measure({ name, before, run }, client, rounds) {
  const store = storeOn(client);
  const times = [];
  for (let round = 0; round <= rounds; round++) {
    const intents = Array.from({ length: COUNT }, (_, index) => signInOf(`user-${index}`));
    const setUp = await client.record(() => inTurn(intents, (intent) => before(store, intent)));
    let ownMicros;
    const sent = await client.record(
      async () => (ownMicros = await time(intents, (intent) => run(store, intent))),
    );
    await client.flushall();
    await inTurn(setUp, (command) => client.repeat(command));
    const bareMicros = await time(sent, (command) => client.repeat(command));
    await client.flushall();
    // The first round warms up the compiler.
    if (round > 0) times.push({ ownMicros, bareMicros, ratio: ownMicros / bareMicros });
  }
  const median = (figure) => medianOf(times.map((one) => one[figure]));
  return { name, ownMicros: median('ownMicros'), bareMicros: median('bareMicros'), ratio: median('ratio') };
}

function signIn(store, intent) {
  return store.signIn(intent);
}

async function commit(store, { id, userId }) {
  const record = { id, userId, idleMs: 30 * 60_000 };
  await store.commit(record, { set: new Map([['email', '"new@example.com"']]), remove: [] });
}

/** Runs an operation on each item, with limited concurrency. */
async function inTurn(items, action) {
  for (let start = 0; start < items.length; start += AT_ONCE)
    await Promise.all(items.slice(start, start + AT_ONCE).map(action));
}

/** Returns the time per item, in microseconds. */
async function time(items, action) {
  const before = performance.now();
  await inTurn(items, action);
  return ((performance.now() - before) * 1000) / items.length;
}

/** A client that records the commands it sends. Replayed commands are batched as those of the store are. */
class RecordingRedis extends Redis {
  recorded = null;

  constructor(url, options) {
    super(url, options);
    for (const name of ['hgetall', 'evalsha', 'get']) {
      const send = this[name].bind(this);
      this[name] = (...args) => {
        this.recorded?.push({ send, args });
        return send(...args);
      };
    }
  }

  async record(action) {
    this.recorded = [];
    await action();
    const { recorded } = this;
    this.recorded = null;
    return recorded;
  }

  repeat({ send, args }) {
    if (this.stream.writableCorked === 0) {
      this.stream.cork();
      setImmediate(() => this.stream.uncork());
    }
    return send(...args);
  }
}
