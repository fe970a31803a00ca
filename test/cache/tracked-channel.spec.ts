import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { randomShard } from 'nestjs-redis-session/core';
import {
  ElapsedTime,
  RedisKeys,
  runScript,
  TrackedChannel,
  type TrackingContext,
} from '../support/white-box.js';
import { newPrefix } from './support/cached-process.js';

const BOUND_MS = 10_000;

let client: Redis;
let channel: TrackedChannel;
let passedMs: number;

beforeAll(() => {
  client = new Redis(process.env['TEST_REDIS_URL'] as string);
});
afterAll(() => client.quit());
beforeEach(() => (passedMs = 0));
afterEach(() => channel?.close());

/** Opens a channel whose clock the test sets. */
async function open(stalenessMs: number, beforeProbe: () => void = () => undefined): Promise<void> {
  const keys = new RedisKeys(newPrefix());
  const ignore = () => undefined;
  const context: TrackingContext = {
    ...{ keys, keyPrefix: '', deadlineMs: 2_000, stalenessMs },
    probe: (key) => {
      beforeProbe();
      return runScript(client, 'probe', [key], []);
    },
    time: new ElapsedTime({ monotonic: () => passedMs, wall: () => passedMs }),
    listener: { onChange: ignore, onFlush: ignore, onBypassed: ignore, onRestored: ignore },
  };
  channel = await TrackedChannel.open(client, keys.probe(randomShard(), randomUUID()), context, ignore);
}

describe('the heartbeat of a tracked channel', () => {
  it('a heartbeat counts coherence from before it began, so that a slow reply does not extend the staleness bound', async () => {
    await open(BOUND_MS, () => (passedMs += BOUND_MS / 2));
    expect(passedMs).toBe(BOUND_MS / 2);
    passedMs = BOUND_MS - 1;
    expect(channel.isCoherent()).toBe(true);
    passedMs = BOUND_MS;
    expect(channel.isCoherent()).toBe(false);
  });

  it('the heartbeat runs as rarely as the bound allows, even if the bound exceeds the longest timer of Node.js', async () => {
    let proofs = 0;
    await open(100 * 24 * 3_600_000, () => (proofs += 1));
    await wait(50);
    expect(proofs).toBe(1);
    expect(channel.isCoherent()).toBe(true);
  });
});
