import { once } from 'node:events';
import { createServer } from 'node:net';
import { Redis } from 'ioredis';
import { ElapsedTime } from '../cache/elapsed-time.js';
import { RedisKeys } from './keys.js';
import type { TrackedNode } from './node-tracker.js';
import { NodeTracker } from './node-tracker.js';
import type { TrackingContext } from './tracking-context.js';

/** Returns a port on which no server listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

describe('a tracker without a channel', () => {
  let client: Redis;
  let tracker: NodeTracker;
  let node: TrackedNode;
  let context: TrackingContext;
  /** The reasons of the outages that were reported. */
  let outages: string[];
  /** The number of attempts to open a channel. */
  let attempts: number;

  beforeEach(async () => {
    client = new Redis({ host: '127.0.0.1', port: await closedPort(), lazyConnect: true });
    attempts = 0;
    outages = [];
    node = { client, name: 'a server', newProbeKey: () => `tracker:probe-${++attempts}` };
    context = {
      keys: new RedisKeys('tracker:'),
      keyPrefix: '',
      deadlineMs: 1_000,
      stalenessMs: 1_000,
      time: new ElapsedTime(),
      probe: () => Promise.resolve(),
      listener: {
        onChange: () => undefined,
        onFlush: () => undefined,
        onBypassed: (_server, reason) => outages.push(reason),
        onRestored: () => undefined,
      },
    };
    tracker = new NodeTracker(node, context);
    expect(await tracker.open()).toBeInstanceOf(Error);
  });
  afterEach(() => {
    tracker.close();
    client.disconnect();
  });

  it('tries once at once when the client that writes is connected', () => {
    const before = attempts;
    client.emit('ready');
    expect(attempts).toBe(before + 1);
    client.emit('ready');
    expect(attempts).toBe(before + 1);
  });

  it('no longer listens to the client once it is closed', () => {
    const before = attempts;
    tracker.close();
    client.emit('ready');
    expect(attempts).toBe(before);
    expect(client.listenerCount('ready')).toBe(0);
  });

  it('reports an outage once, also if it continues the outage of another tracker', async () => {
    expect(outages).toEqual([expect.stringContaining('ECONNREFUSED')]);
    expect(tracker.isBypassed).toBe(true);
    const next = new NodeTracker(node, context, tracker.isBypassed);
    expect(await next.open()).toBeInstanceOf(Error);
    next.close();
    expect(outages).toHaveLength(1);
  });

  it('follows one client until it is closed', () => {
    expect(tracker.follows(client)).toBe(true);
    expect(tracker.follows(undefined)).toBe(false);
    tracker.close();
    expect(tracker.follows(client)).toBe(false);
  });
});
