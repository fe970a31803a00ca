import { Redis } from 'ioredis';
import { watchForStalledReplies } from '../support/white-box.js';
import { FaultProxy } from 'nestjs-redis-session/testing';
import { RedisNode } from '../support/redis-node.js';
import { until } from '../support/until.js';

const [SILENCE_MS, IDLE_MS] = [200, 100];

let server: RedisNode;
let path: FaultProxy;
let client: Redis;

beforeAll(async () => {
  server = await RedisNode.start({});
  path = await FaultProxy.start(server.port);
});
afterAll(async () => {
  await path.stop();
  await server.stop();
});
beforeEach(() => {
  client = new Redis({ port: path.port, lazyConnect: true, maxRetriesPerRequest: 0, disconnectTimeout: 50 });
  client.on('error', () => undefined);
});
afterEach(() => client.disconnect());

/** Counts the connections that a client makes. */
function connectionsOf(client: Redis): () => number {
  let count = 0;
  client.on('connect', () => (count += 1));
  return () => count;
}

describe('an idle connection', () => {
  it('an idle connection whose path drops packets is found dead before a call needs it', async () => {
    const connections = connectionsOf(client);
    watchForStalledReplies(client, SILENCE_MS, IDLE_MS);
    await client.connect();
    path.halfOpen();
    await until('a new connection', 10_000, () => connections() === 2 && client.status === 'ready');
    expect(await client.ping()).toBe('PONG');
  });

  it('an idle connection is found dead on a client that was connected before', async () => {
    const connections = connectionsOf(client);
    await client.connect();
    const stop = watchForStalledReplies(client, SILENCE_MS, IDLE_MS);
    path.halfOpen();
    await until('a new connection', 10_000, () => connections() === 2);
    stop();
  });

  it('an idle connection is kept alive at the cost of one command per interval', async () => {
    const connections = connectionsOf(client);
    const asked: string[] = [];
    watchForStalledReplies(client, SILENCE_MS, IDLE_MS);
    await client.connect();
    const time = client.time.bind(client);
    client.time = () => (asked.push('time'), time());
    await until('some questions', 10_000, () => asked.length >= 3);
    expect([connections(), client.status]).toEqual([1, 'ready']);
  });

  it('a subscribed connection is sent no probe', async () => {
    watchForStalledReplies(client, SILENCE_MS, IDLE_MS);
    await client.connect();
    await client.subscribe('news');
    client.time = () => Promise.reject(new Error('a probe was sent to a subscribed connection'));
    await new Promise((resolve) => setTimeout(resolve, 3 * IDLE_MS));
    expect(client.status).toBe('ready');
  });

  it('an idle connection is sent no probe after the watch has ended', async () => {
    const stop = watchForStalledReplies(client, SILENCE_MS, IDLE_MS);
    await client.connect();
    stop();
    path.halfOpen();
    await new Promise((resolve) => setTimeout(resolve, SILENCE_MS + 3 * IDLE_MS));
    expect(client.status).toBe('ready');
  });
});

describe('a blocking command of the application', () => {
  it('a connection with a blocking command is kept', async () => {
    const connections = connectionsOf(client);
    watchForStalledReplies(client, SILENCE_MS, IDLE_MS);
    await client.connect();
    expect(await client.blpop('nothing', 1)).toBeNull();
    expect(connections()).toBe(1);
  });
});
