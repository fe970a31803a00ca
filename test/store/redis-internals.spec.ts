import type { EventEmitter } from 'node:events';
import { Cluster, Redis } from 'ioredis';
import {
  cork,
  errorReply,
  failedCommand,
  handleAskingRejections,
  INVALIDATION_CHANNEL,
  isCluster,
  mastersOf,
  nextPendingCommand,
  onInvalidation,
  pendingReplies,
  reconnectAfterEnd,
  refreshSlots,
  selectedDatabase,
  SENTINEL_ERROR,
  slotOwners,
  SLOTS_REFRESHED,
  socketOf,
  TRACKING_PROTOCOL,
  withoutCommand,
} from '../support/white-box.js';
import { HOST, RedisNode } from '../support/redis-node.js';
import { until } from '../support/until.js';

const SLOTS = 16_384;
const PATIENCE_MS = 10_000;

let server: RedisNode;
let client: Redis;

beforeAll(async () => {
  server = await RedisNode.start({});
});
afterAll(() => server.stop());
beforeEach(async () => {
  client = connectTo(server.port);
  await client.connect();
});
afterEach(() => client.disconnect());

function connectTo(port: number, options: object = {}): Redis {
  const created = new Redis({ port, lazyConnect: true, retryStrategy: () => 50, ...options });
  created.on('error', () => undefined);
  return created;
}

/** Waits for the next event. Unlike `once` of Node, it does not reject when the client emits an error. */
const next = (emitter: EventEmitter, event: string): Promise<unknown> =>
  new Promise((resolve) => void emitter.once(event, resolve));

const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );

/** Returns the private part of a client that the faults below need. */
function connectorOf(node: Redis): { disconnect(): void } {
  return (node as unknown as { connector: { disconnect(): void } }).connector;
}

describe('the state that ioredis keeps of a connection', () => {
  it('a client has no socket before its first connection, and a new socket for each one', async () => {
    expect(socketOf(connectTo(server.port))).toBeUndefined();
    const first = socketOf(client);
    expect(first).toMatchObject({ remoteAddress: expect.stringContaining(HOST) as string });
    const before = first?.bytesRead as number;
    await client.ping();
    expect(first?.bytesRead).toBeGreaterThan(before);
    const reconnected = next(client, 'ready');
    first?.destroy(new Error('broken by the test'));
    await reconnected;
    expect(socketOf(client)).not.toBe(first);
  });

  it('a socket stays corked until the event loop continues', async () => {
    const socket = socketOf(client);
    cork(client);
    cork(client);
    expect(socket?.writableCorked).toBe(1);
    const reply = client.ping();
    await new Promise((resolve) => setImmediate(resolve));
    expect(socket?.writableCorked).toBe(0);
    expect(await reply).toBe('PONG');
  });

  it('the queue holds the commands whose replies are pending', async () => {
    expect([pendingReplies(client), nextPendingCommand(client)]).toEqual([0, undefined]);
    const replies = [client.get('a'), client.ping()];
    expect([pendingReplies(client), nextPendingCommand(client)]).toEqual([2, 'get']);
    await Promise.all(replies);
    expect(pendingReplies(client)).toBe(0);
  });

  it('the selected database is that of the options, or the one selected later, also after a reconnection', async () => {
    expect(selectedDatabase(connectTo(server.port, { db: 3 }))).toBe(3);
    await client.select(2);
    expect(selectedDatabase(client)).toBe(2);
    const lost = next(client, 'close');
    const reconnected = next(client, 'ready');
    socketOf(client)?.destroy();
    await lost;
    expect(selectedDatabase(client)).toBe(2);
    await reconnected;
    expect(selectedDatabase(client)).toBe(2);
  });
});

describe('an error that ioredis rejects with', () => {
  it('an error reply has a text, and a command that can be removed from it', async () => {
    const error = await failureOf(client.call('HGETALL', 'a', 'secret'));
    expect(errorReply(error)).toMatch(/^ERR wrong number of arguments/);
    expect(failedCommand(error)).toBe('hgetall');
    expect(withoutCommand(error)).toBe(error);
    expect(failedCommand(error)).toBeUndefined();
  });

  it('a broken connection rejects without a reply', async () => {
    const pending = failureOf(client.blpop('nothing', 0));
    client.disconnect();
    expect(errorReply(await pending)).toBeNull();
  });
});

describe('invalidations over RESP2', () => {
  it('an invalidation arrives as keys, and as null when all keys were deleted', async () => {
    const subscriber = connectTo(server.port, TRACKING_PROTOCOL);
    const reader = connectTo(server.port, TRACKING_PROTOCOL);
    await Promise.all([subscriber.connect(), reader.connect()]);
    const received: (string[] | null)[] = [];
    onInvalidation(subscriber, (keys) => received.push(keys && keys.map(String)));
    const id = await subscriber.client('ID');
    await subscriber.subscribe(INVALIDATION_CHANNEL);
    await reader.call('CLIENT', 'TRACKING', 'ON', 'REDIRECT', id);
    await reader.get('watched');
    await client.set('watched', 'changed');
    await until('an invalidation', PATIENCE_MS, () => received.length === 1);
    await client.flushall();
    await until('another one', PATIENCE_MS, () => received.length === 2);
    expect(received).toEqual([['watched'], null]);
    subscriber.disconnect();
    reader.disconnect();
  });
});

describe('faults of ioredis that the module works around', () => {
  // This test fails when ioredis reconnects such a client: then `reconnectAfterEnd` can go.
  it('ioredis ends a client whose connector is disconnected while it connects', async () => {
    const ended = next(client, 'end');
    client.once('connecting', () => connectorOf(client).disconnect());
    client.disconnect(true);
    await ended;
    expect(client.status).toBe('end');
  });

  it('the module connects such a client again', async () => {
    const stop = reconnectAfterEnd(client);
    const ended = next(client, 'end');
    client.once('connecting', () => connectorOf(client).disconnect());
    client.disconnect(true);
    await ended;
    await until('a connection', PATIENCE_MS, () => client.status === 'ready');
    stop();
    client.disconnect();
  });

  it('ioredis reports a failed Sentinel by an event of its own', async () => {
    const unreachable = await RedisNode.start({});
    await unreachable.kill();
    const sentinels = [{ host: HOST, port: unreachable.port }];
    const behind = new Redis({
      sentinels,
      name: 'any',
      lazyConnect: true,
      sentinelRetryStrategy: () => null,
    });
    behind.on('error', () => undefined);
    const reported = next(behind, SENTINEL_ERROR);
    behind.connect().catch(() => undefined);
    expect(String(await reported)).toMatch(/failed to connect to sentinel/);
    behind.disconnect();
    await unreachable.stop();
  });
});

describe('a Cluster of ioredis', () => {
  let node: RedisNode;
  let cluster: Cluster;

  beforeAll(async () => {
    node = await RedisNode.start({ args: ['--cluster-enabled', 'yes', '--cluster-announce-ip', HOST] });
    const slots = Array.from({ length: SLOTS }, (_, slot) => slot);
    await node.ask('CLUSTER', 'ADDSLOTS', ...slots);
    await until('a Cluster', PATIENCE_MS, async () =>
      String(await node.ask('CLUSTER', 'INFO')).includes('cluster_state:ok'),
    );
  });
  afterAll(() => node.stop());
  beforeEach(async () => {
    const options = { lazyConnect: true, maxRedirections: 1, slotsRefreshInterval: 0 };
    cluster = new Cluster([{ host: HOST, port: node.port }], options);
    cluster.on('error', () => undefined);
    await cluster.connect();
  });
  afterEach(() => cluster.disconnect());

  it('isCluster() recognises a Cluster, and no client of one server', () => {
    expect([isCluster(cluster), isCluster(client)]).toEqual([true, false]);
    expect(mastersOf(client)).toEqual([client]);
    expect(mastersOf(cluster)).toHaveLength(1);
  });

  it('slotOwners() returns the owners of each slot by host and port', () => {
    const owners = slotOwners(cluster);
    expect(owners).toHaveLength(SLOTS);
    expect(owners[0]).toEqual([`${HOST}:${node.port}`]);
  });

  it('refreshSlots() refreshes the owners and emits an event', async () => {
    const refreshed = next(cluster, SLOTS_REFRESHED);
    refreshSlots(cluster);
    await refreshed;
  });

  it('cork() corks the socket of each master', async () => {
    expect(await cluster.get('a')).toBeNull();
    const [master] = mastersOf(cluster) as [Redis];
    cork(cluster);
    expect(socketOf(master)?.writableCorked).toBe(1);
  });

  /** Lets the node redirect a command to itself, as a node does whose slot is half moved. */
  const redirect = () =>
    failureOf(cluster.eval(`return redis.error_reply('ASK 0 ${HOST}:${node.port}')`, 1, 'a'));

  /** Lets each `ASKING` of a node fail, and returns how often a handler was added to a rejection. */
  function failAsking(master: Redis): () => number {
    let handlers = 0;
    master.asking = () => {
      const reply = Promise.reject(new Error('Connection is closed.'));
      reply.catch(() => undefined); // else the process would end
      const add = reply.then.bind(reply);
      reply.then = ((...args: Parameters<typeof add>) => {
        handlers += 1;
        return add(...args);
      }) as typeof reply.then;
      return reply;
    };
    return () => handlers;
  }

  // This test fails when ioredis handles the rejection: then `handleAskingRejections` can go.
  it('ioredis drops the promise of the ASKING that it sends', async () => {
    const [master] = mastersOf(cluster) as [Redis];
    const handlers = failAsking(master);
    await redirect();
    expect(handlers()).toBe(0);
  });

  it('the module handles the rejection of that promise', async () => {
    const [master] = mastersOf(cluster) as [Redis];
    const handlers = failAsking(master);
    handleAskingRejections(master);
    await redirect();
    expect(handlers()).toBeGreaterThan(0);
  });
});
