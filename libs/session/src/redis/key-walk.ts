import type { Cluster, Redis } from 'ioredis';
import type { Socket } from 'node:net';
import { withDeadline } from './deadline.js';
import { isCluster, mastersOf, socketOf } from './ioredis-internals.js';
import { patternOf } from './keys.js';
import { keyPrefixOf } from './slots.js';

/** The approximate number of keys that a server examines in one step, which takes a fraction of a millisecond. */
const KEYS_PER_STEP = 250;
/** A slot that is being migrated or imported, in a node's own line of CLUSTER NODES. */
const MIGRATING_SLOT = /\[\d+-[<>]-/;

/** A server whose keys are scanned, by the connection to it. */
interface NodeCursor {
  readonly node: Redis;
  /** The socket of the connection. Another socket may belong to another server, where the cursor is invalid. */
  readonly socket: Socket | undefined;
}

/** The keys that one step of a walk has found on a server. */
export interface WalkStep {
  readonly node: Redis;
  readonly names: string[];
  /** The approximate number of keys that the server has examined in this step. */
  readonly examined: number;
}

/** Thrown if the servers changed during a walk, so that keys may have been missed. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}

/**
 * Walks over the keys of all servers that receive writes, in small steps. Finds every key that exists under one name
 * during the whole walk, unless {@link confirm} throws.
 */
export class KeyWalk {
  private constructor(
    private readonly client: Redis | Cluster,
    private readonly deadlineMs: number,
    private readonly cursors: readonly NodeCursor[],
    /** The slots of the masters, compared at the end of the walk. */
    private readonly layout: string,
  ) {}

  /** Begins a walk, when all masters answer. */
  static async begin(client: Redis | Cluster, deadlineMs: number): Promise<KeyWalk> {
    const nodes = mastersOf(client);
    // A node that answers is connected, whereas the application's own client may still be connecting.
    await withDeadline(Promise.all(nodes.map((node) => node.time())), deadlineMs);
    const cursors = nodes.map((node) => ({ node, socket: socketOf(node) }));
    return new KeyWalk(client, deadlineMs, cursors, await layoutOf(client, nodes, deadlineMs));
  }

  /** Yields the names of keys that match a pattern, without the client's prefix. A name may be yielded twice. */
  async *over(pattern: string): AsyncGenerator<string[]> {
    for await (const { names } of this.steps(pattern)) if (names.length > 0) yield names;
  }

  /** Yields each step of the walk with the names that match a pattern, which may be none. A name may be yielded twice. */
  async *steps(pattern: string): AsyncGenerator<WalkStep> {
    const keyPrefix = keyPrefixOf(this.client);
    const args = ['MATCH', patternOf(keyPrefix) + pattern, 'COUNT', KEYS_PER_STEP] as const;
    for (const server of this.cursors) {
      const { node } = server;
      let cursor = '0';
      do {
        const [next, names] = await withDeadline(node.scan(cursor, ...args), this.deadlineMs);
        checkConnection(server);
        yield { node, names: names.map((name) => name.slice(keyPrefix.length)), examined: KEYS_PER_STEP };
        cursor = next;
      } while (cursor !== '0');
    }
  }

  /**
   * Verifies that the servers and their slots are the same as at the beginning.
   *
   * @throws InterruptedError if keys may have been missed
   */
  async confirm(): Promise<void> {
    for (const server of this.cursors) checkConnection(server);
    const layout = await layoutOf(this.client, mastersOf(this.client), this.deadlineMs);
    if (layout !== this.layout || MIGRATING_SLOT.test(layout)) {
      throw new InterruptedError('slots of the Cluster were moved meanwhile, so keys may have been missed');
    }
  }
}

function checkConnection({ node, socket }: NodeCursor): void {
  if (socketOf(node) === socket && node.status === 'ready') return;
  throw new InterruptedError('the connection was lost meanwhile, so keys may have been missed');
}

/** Returns the id and the slots of each master of a Cluster, as the master itself reports them. */
async function layoutOf(
  client: Redis | Cluster,
  nodes: readonly Redis[],
  deadlineMs: number,
): Promise<string> {
  if (!isCluster(client)) return '';
  const replies = nodes.map((node) => node.cluster('NODES') as Promise<string>);
  const answers = (await withDeadline(Promise.all(replies), deadlineMs)).map((answer) => answer.split('\n'));
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

/** Returns the id and the slots in a line of CLUSTER NODES: the first field, and those from the ninth on. */
function slotsOf(line: string): string {
  const fields = line.split(' ');
  return [fields[0], ...fields.slice(8)].join(' ');
}
