import { createServer } from 'node:net';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { ElapsedTime } from '../cache/elapsed-time.js';
import { RedisKeys } from './keys.js';
import type { LaneSettings } from './tracking-lane.js';
import { TrackingLane } from './tracking-lane.js';

/** A port on which nobody answers. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

describe('a lane without a channel', () => {
  let client: Redis;
  let lane: TrackingLane;
  let settings: LaneSettings;
  /** The reasons of the outages that were reported. */
  let outages: string[];
  /** How often a channel was begun. */
  let tries: number;

  beforeEach(async () => {
    client = new Redis({ host: '127.0.0.1', port: await closedPort(), lazyConnect: true });
    tries = 0;
    outages = [];
    settings = {
      client,
      keys: new RedisKeys('lane:'),
      keyPrefix: '',
      deadlineMs: 1_000,
      stalenessMs: 1_000,
      time: new ElapsedTime(),
      newProbeKey: () => `lane:probe-${++tries}`,
      probe: () => Promise.resolve(),
      onChange: () => undefined,
      onFlush: () => undefined,
      onEnd: () => undefined,
      onBypassed: (reason) => outages.push(reason),
      onRestored: () => undefined,
    };
    lane = new TrackingLane(settings);
    expect(await lane.open()).toBeInstanceOf(Error);
  });
  afterEach(() => {
    lane.close();
    client.disconnect();
  });

  it('tries again at once when the client that writes has a connection, and once', () => {
    const before = tries;
    client.emit('ready');
    expect(tries).toBe(before + 1);
    client.emit('ready');
    expect(tries).toBe(before + 1);
  });

  it('leaves the client alone once it is closed', () => {
    const before = tries;
    lane.close();
    client.emit('ready');
    expect(tries).toBe(before);
    expect(client.listenerCount('ready')).toBe(0);
  });

  it('reports an outage once, also where it continues that of another lane', async () => {
    expect(outages).toEqual([expect.stringContaining('ECONNREFUSED')]);
    expect(lane.isBypassed).toBe(true);
    const next = new TrackingLane(settings, lane.isBypassed);
    expect(await next.open()).toBeInstanceOf(Error);
    next.close();
    expect(outages).toHaveLength(1);
  });

  it('follows one client, until it is closed', () => {
    expect(lane.follows(client)).toBe(true);
    expect(lane.follows(undefined)).toBe(false);
    lane.close();
    expect(lane.follows(client)).toBe(false);
  });
});
