import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Cluster, Redis } from 'ioredis';
import { redisErrorCode } from './redis-error.js';

/** The scripts by their file names. Each file's header states its KEYS, ARGV and reply. */
export const SCRIPT_NAMES = [
  'create',
  'commit',
  'increment',
  'compare_and_set',
  'rotate',
  'confirm_rotation',
  'regenerate',
  'sign_in',
  'destroy',
  'list',
  'revoke',
  'revoke_all',
  'probe',
] as const;

export type ScriptName = (typeof SCRIPT_NAMES)[number];

interface Script {
  readonly source: string;
  readonly sha1: string;
}

const prelude = read('prelude');
const scripts = new Map<ScriptName, Script>(SCRIPT_NAMES.map((name) => [name, compile(read(name))]));

/**
 * Runs a script by its digest, and with its source when the server does not have it: after its restart, a failover
 * or SCRIPT FLUSH. One round trip in all other cases.
 *
 * @param isAwaited whether somebody still waits for the reply; if not, nothing more is sent
 */
export async function runScript(
  client: Redis | Cluster,
  name: ScriptName,
  keys: readonly string[],
  args: readonly (string | number)[],
  isAwaited: () => boolean = () => true,
): Promise<unknown> {
  const { source, sha1 } = scripts.get(name) as Script;
  try {
    return await client.evalsha(sha1, keys.length, ...keys, ...args);
  } catch (error) {
    if (redisErrorCode(error) !== 'NOSCRIPT' || !isAwaited()) throw error;
    return client.eval(source, keys.length, ...keys, ...args);
  }
}

function read(name: string): string {
  return readFileSync(new URL(`./scripts/${name}.lua`, import.meta.url), 'utf8');
}

function compile(body: string): Script {
  const source = `${prelude}\n${body}`;
  return { source, sha1: createHash('sha1').update(source).digest('hex') };
}
