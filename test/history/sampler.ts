import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Sample, SampledIndex, SampledSession } from './history.js';
import { instant } from './history.js';

type Snapshot = [now: number, keys: [key: string, type: string, ttlMs: number, held: (string | null)[]][]];

const SNAPSHOT = readFileSync(new URL('./snapshot.lua', import.meta.url), 'utf8');
const EVERY_MS = 40;
/** Redis' reply to PTTL for a missing key. */
const EXPIRED = -2;
const NEVER = -1;
/** Form of the keys of sessions, indexes, notices and sources of sign-ins. */
const KEY_FORM = /^\{(?<shard>[^}]*)\}:(?<kind>u:|cut:|gone:|from:|)(?<name>.*)$/s;

/** The types of what says nothing of sessions that live. */
const HELD_IN: Readonly<Record<string, string>> = { 'cut:': 'zset', 'gone:': 'string', 'from:': 'string' };

/** Looks at Redis all the while. */
export class Sampler {
  readonly samples: Sample[] = [];
  private isOver = false;
  private loop: Promise<void> = Promise.resolve();

  /** @param masters the servers that hold the sessions at this moment */
  constructor(
    private readonly prefix: string,
    private readonly masters: () => readonly Redis[],
  ) {}

  start(): void {
    this.loop = this.run();
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.loop;
  }

  async take(isFinal = false): Promise<Sample> {
    const start = instant();
    const masters = this.masters();
    const found = await Promise.allSettled(masters.map((master) => master.eval(SNAPSHOT, 0, this.prefix)));
    const answers = found.flatMap((each) => (each.status === 'fulfilled' ? [each.value as Snapshot] : []));
    const isComplete = masters.length > 0 && answers.length === masters.length;
    const parts = answers.map((answer) => this.read(answer));
    const sample: Sample = {
      start,
      end: instant(),
      isFinal,
      isComplete,
      sessions: parts.flatMap(({ sessions }) => sessions),
      indexes: parts.flatMap(({ indexes }) => indexes),
      strays: parts.flatMap(({ strays }) => strays),
    };
    this.samples.push(sample);
    return sample;
  }

  private async run(): Promise<void> {
    while (!this.isOver) {
      await this.take();
      await sleep(EVERY_MS);
    }
  }

  private read([now, keys]: Snapshot) {
    const sessions: SampledSession[] = [];
    const indexes: SampledIndex[] = [];
    const strays: string[] = [];
    for (const [key, type, ttlMs, held] of keys) {
      if (type === 'none' || ttlMs === 0 || ttlMs === EXPIRED) continue; // its time came while the script ran
      const { shard = '', kind, name = '' } = KEY_FORM.exec(key.slice(this.prefix.length))?.groups ?? {};
      if (kind === '' && type === 'hash') {
        const [user = null, absoluteEnd, idle] = held;
        const absoluteRestMs = Number(absoluteEnd) - now;
        sessions.push({ id: shard + name, user, ttlMs, absoluteRestMs, idleMs: Number(idle) });
      } else if (kind === 'u:' && type === 'zset' && ttlMs !== NEVER) {
        // The index of anonymous sessions keeps them until their absolute ends, even if they have ended before.
        if (name !== '')
          indexes.push({ user: name, sessions: liveHandles(held, now).map((handle) => shard + handle) });
      } else if (type !== HELD_IN[kind ?? ''] || ttlMs === NEVER) {
        strays.push(key);
      }
    }
    return { sessions, indexes, strays };
  }
}

/** Returns the members of an index that have not expired. */
function liveHandles(withScores: readonly (string | null)[], now: number): string[] {
  return withScores.flatMap((member, at) =>
    at % 2 === 0 && Number(withScores[at + 1]) > now ? [member as string] : [],
  );
}
