import type { QuantumBytes } from './allocator.js';
import { DEFAULT_LAYOUT, type ServerLayout } from './redis-structures.js';

/** A connection to a server, as ioredis has it. */
export interface ServerConnection {
  call(command: string, ...args: string[]): Promise<unknown>;
}

/** The layout of a server, and what the server did not report. */
export interface ReadLayout {
  readonly layout: ServerLayout;
  /** Commands that the server rejected, in place of whose replies the defaults are taken. */
  readonly rejected: readonly string[];
}

/** Matches the line in which jemalloc reports its quantum. */
const QUANTUM = /^Quantum size: (\d+)/m;

/** Reads the settings of a server that decide how much memory its structures take. Managed services may reject the commands. */
export async function readLayout(server: ServerConnection): Promise<ReadLayout> {
  const rejected: string[] = [];
  const attempt = async (command: string, ...args: string[]): Promise<unknown> => {
    try {
      return await server.call(command, ...args);
    } catch {
      rejected.push(`${command} ${args[0]}`);
      return null;
    }
  };
  // Redis 6.2 has these settings by the names of ziplists, and later versions accept these names too.
  const hash = settingsIn(await attempt('CONFIG', 'GET', 'hash-max-ziplist-*'));
  const sortedSet = settingsIn(await attempt('CONFIG', 'GET', 'zset-max-ziplist-entries'));
  const stats = await attempt('MEMORY', 'MALLOC-STATS');
  const info = await attempt('INFO', 'cluster');
  const number = (text: string | undefined, otherwise: number) =>
    text === undefined ? otherwise : Number(text);
  return {
    layout: {
      quantumBytes: quantumIn(stats),
      hashMaxEntries: number(hash.get('hash-max-ziplist-entries'), DEFAULT_LAYOUT.hashMaxEntries),
      hashMaxValueBytes: number(hash.get('hash-max-ziplist-value'), DEFAULT_LAYOUT.hashMaxValueBytes),
      sortedSetMaxEntries: number(
        sortedSet.get('zset-max-ziplist-entries'),
        DEFAULT_LAYOUT.sortedSetMaxEntries,
      ),
      isCluster: /^cluster_enabled:1/m.test(String(info)),
    },
    rejected,
  };
}

function quantumIn(stats: unknown): QuantumBytes {
  const [, quantum] = QUANTUM.exec(String(stats)) ?? [];
  return quantum === '16' ? 16 : DEFAULT_LAYOUT.quantumBytes;
}

/** Returns the settings in a reply, which lists names and values in turn. */
function settingsIn(reply: unknown): Map<string, string> {
  const list = Array.isArray(reply) ? reply.map(String) : [];
  const settings = new Map<string, string>();
  for (let at = 0; at < list.length; at += 2) settings.set(list[at] as string, list[at + 1] as string);
  return settings;
}
