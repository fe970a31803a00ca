import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';

/** Sessions of a shard at one moment, including those that the index does not name. */
const COUNT_LIVE = `
  local live = 0
  for _, key in ipairs(redis.call('KEYS', KEYS[1] .. '*')) do
    if redis.call('TYPE', key).ok == 'hash' then live = live + 1 end
  end
  return live`;

/** Counts a user's live sessions continuously, over a connection of its own. */
export class Sampler {
  private readonly samples: number[] = [];
  private isStopped = false;
  private readonly ended: Promise<void>;

  private constructor(
    private readonly client: Redis,
    private readonly sessions: string,
  ) {
    this.ended = this.sample();
  }

  /** @param sessions prefix of the keys of the user's sessions */
  static async start(url: string, sessions: string): Promise<Sampler> {
    const client = new Redis(url);
    await client.ping();
    return new Sampler(client, sessions);
  }

  /** Stops and returns the counts, one for each sample. */
  async stop(): Promise<readonly number[]> {
    this.isStopped = true;
    await this.ended;
    this.client.disconnect();
    return this.samples;
  }

  private async sample(): Promise<void> {
    while (!this.isStopped) {
      this.samples.push((await this.client.eval(COUNT_LIVE, 1, this.sessions)) as number);
      await wait(1); // leaves time for the other processes
    }
  }
}
