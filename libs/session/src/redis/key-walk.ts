import type { Cluster, Redis } from 'ioredis';
import { withDeadline } from './deadline.js';
import { patternOf } from './keys.js';

/** About how many keys a server looks at in one step. That takes it a fraction of a millisecond. */
const STEP = 250;
/** What moves, in a node's own line of CLUSTER NODES: a slot that it gives away or takes over. */
const MOVING = /\[\d+-[<>]-/;

/** A server that is walked over, by the connection to it. */
interface Leg {
  readonly node: Redis;
  /** Another one is another connection, and maybe to another server, for which a cursor means nothing. */
  readonly stream: Redis['stream'];
}

/** The servers have not been the same all the while, so keys may have been missed. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}

/**
 * Goes over the keys of all servers that are written to, a small step at a time. Every key is met that is there all
 * the while under one name, unless {@link confirm} says otherwise.
 */
export class KeyWalk {
  private constructor(
    private readonly client: Redis | Cluster,
    private readonly deadlineMs: number,
    private readonly legs: readonly Leg[],
    /** Which slots the masters have. */
    private readonly layout: string,
  ) {}

  static async begin(client: Redis | Cluster, deadlineMs: number): Promise<KeyWalk> {
    const nodes = mastersOf(client);
    // Who has answered is connected, also where the application's own client has only begun to.
    await withDeadline(Promise.all(nodes.map((node) => node.time())), deadlineMs);
    const legs = nodes.map((node) => ({ node, stream: node.stream }));
    return new KeyWalk(client, deadlineMs, legs, await layoutOf(client, nodes, deadlineMs));
  }

  /** The names of keys that fit a pattern, as the module's own code knows them. Some may come twice. */
  async *over(pattern: string): AsyncGenerator<string[]> {
    const keyPrefix = (this.client.options as { keyPrefix?: string }).keyPrefix ?? '';
    const args = ['MATCH', patternOf(keyPrefix) + pattern, 'COUNT', STEP] as const;
    for (const leg of this.legs) {
      let cursor = '0';
      do {
        const [next, names] = await withDeadline(leg.node.scan(cursor, ...args), this.deadlineMs);
        checkConnection(leg);
        if (names.length > 0) yield names.map((name) => name.slice(keyPrefix.length));
        cursor = next;
      } while (cursor !== '0');
    }
  }

  /** @throws InterruptedError when keys may have been missed */
  async confirm(): Promise<void> {
    for (const leg of this.legs) checkConnection(leg);
    const layout = await layoutOf(this.client, mastersOf(this.client), this.deadlineMs);
    if (layout !== this.layout || MOVING.test(layout)) {
      throw new InterruptedError('slots of the Cluster were moved in between, and keys may have been missed');
    }
  }
}

function mastersOf(client: Redis | Cluster): Redis[] {
  return client.isCluster ? (client as Cluster).nodes('master') : [client as Redis];
}

function checkConnection({ node, stream }: Leg): void {
  if (node.stream === stream && node.status === 'ready') return;
  throw new InterruptedError('the connection was lost in between, and keys may have been missed');
}

/** What each master of a Cluster says of itself: its id and its slots. */
async function layoutOf(
  client: Redis | Cluster,
  nodes: readonly Redis[],
  deadlineMs: number,
): Promise<string> {
  if (!client.isCluster) return '';
  const asked = nodes.map((node) => node.cluster('NODES') as Promise<string>);
  const answers = (await withDeadline(Promise.all(asked), deadlineMs)).map((answer) => answer.split('\n'));
  const own = answers.map((lines) => lines.find(isOwn) ?? '');
  const isUnknown = (line: string) => hasSlots(line) && !own.some((known) => idOf(known) === idOf(line));
  if (!answers[0] || answers[0].some(isUnknown)) {
    throw new InterruptedError('the Cluster has a master that is not connected');
  }
  return own.map(slotsOf).sort().join('\n');
}

function idOf(line: string): string | undefined {
  return line.split(' ', 1)[0];
}

function isOwn(line: string): boolean {
  return (line.split(' ')[2] ?? '').includes('myself');
}

function hasSlots(line: string): boolean {
  const fields = line.split(' ');
  return (fields[2] ?? '').includes('master') && fields.length > 8;
}

/** A line of CLUSTER NODES has the id first, and the slots from the ninth field on. */
function slotsOf(line: string): string {
  const fields = line.split(' ');
  return [fields[0], ...fields.slice(8)].join(' ');
}
