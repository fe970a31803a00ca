// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- it declares `*.lua`, which is no import
/// <reference path="./lua.d.ts" />
import { createHash } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';
import { type Operation, OPERATIONS } from './operations.js';
import { RedisCall } from './redis-call.js';
import { redisErrorCode } from './redis-error.js';
import { LUA_CONSTANTS } from './record.js';
import commit from './scripts/commit.lua';
import compare_and_set from './scripts/compare_and_set.lua';
import confirm_rotation from './scripts/confirm_rotation.lua';
import create from './scripts/create.lua';
import destroy from './scripts/destroy.lua';
import find from './scripts/find.lua';
import increment from './scripts/increment.lua';
import lease from './scripts/lease.lua';
import list from './scripts/list.lua';
import prelude from './scripts/prelude.lua';
import probe from './scripts/probe.lua';
import regenerate from './scripts/regenerate.lua';
import restore_expiry from './scripts/restore_expiry.lua';
import revoke from './scripts/revoke.lua';
import revoke_all from './scripts/revoke_all.lua';
import revoke_before from './scripts/revoke_before.lua';
import rotate from './scripts/rotate.lua';
import sign_in from './scripts/sign_in.lua';

/**
 * The text of each script by its file's name. Each file's header states its KEYS, ARGV and reply.
 *
 * Arguments are positional if all of them are always given, so that requests in progress need no JSON. Scripts that begin a
 * session or an id have many optional facts, and an argument of Lua cannot be absent: they take a JSON object first.
 */
export const SCRIPT_SOURCES = {
  find,
  create,
  commit,
  increment,
  compare_and_set,
  rotate,
  confirm_rotation,
  regenerate,
  sign_in,
  destroy,
  list,
  revoke,
  revoke_all,
  revoke_before,
  probe,
  lease,
  restore_expiry,
};

export type ScriptName = keyof typeof SCRIPT_SOURCES;

export const SCRIPT_NAMES = Object.keys(SCRIPT_SOURCES) as readonly ScriptName[];

/** Returns the names of the commands that scripts run, in lower case. */
export function scriptCommands(): string[] {
  const sources = [prelude, ...Object.values(SCRIPT_SOURCES)];
  const calls = sources.flatMap((source) => [...source.matchAll(/redis\.p?call\('(\w+)'/g)]);
  return [...new Set(calls.map(([, name]) => (name as string).toLowerCase()))];
}

interface Script {
  readonly source: string;
  readonly sha1: string;
}

/** Matches names in the form of constants, also those of commands. */
const CONSTANT = /\b[A-Z][A-Z_]+\b/g;

/** The definitions of the prelude, each with its comment. */
const DEFINITIONS = prelude.split(/\n\n(?=\S)/).flatMap((source) => {
  const [, name] = /^local (?:function )?(\w+)/m.exec(source) ?? [];
  return name ? [{ source, name: new RegExp(`\\b${name}\\b`) }] : [];
});

const scripts = new Map<ScriptName, Script>(
  SCRIPT_NAMES.map((name) => [name, compile(SCRIPT_SOURCES[name])]),
);

/**
 * Runs a script by its digest, or by its source if the server does not have the script: after a restart, a failover or
 * SCRIPT FLUSH. Takes one round trip in all other cases.
 */
export class ScriptCall extends RedisCall<unknown> {
  private readonly script: Script;

  constructor(
    operation: Operation,
    name: ScriptName,
    private readonly keys: readonly string[],
    private readonly args: readonly (string | number)[],
    waitingSince?: number,
  ) {
    super(operation, keys[0] as string, waitingSince);
    this.script = scripts.get(name) as Script;
  }

  send(client: Redis | Cluster): Promise<unknown> {
    return scriptsOf(client).evalsha(this.script.sha1, this.keys.length, this.keys, this.args);
  }

  recover(error: unknown, client: Redis | Cluster): Promise<unknown> {
    // The caller that has stopped waiting must not find the script run later.
    const isAwaited = performance.now() < this.endsAt;
    if (redisErrorCode(error) !== 'NOSCRIPT' || !isAwaited) throw error;
    return scriptsOf(client).eval(this.script.source, this.keys.length, this.keys, this.args);
  }

  /** Returns the first number in the reply of a script, unless it reports a failure. */
  timeIn(reply: unknown): number | null {
    const first: unknown = Array.isArray(reply) ? reply.find((value) => typeof value === 'number') : reply;
    return typeof first === 'number' && first > 0 ? first : null;
  }
}

/** Runs a script without a deadline. */
export async function runScript(
  client: Redis | Cluster,
  name: ScriptName,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  const call = new ScriptCall(OPERATIONS.probe, name, keys, args);
  try {
    return await call.send(client);
  } catch (error) {
    return await call.recover(error, client);
  }
}

type RunsScript = (
  script: string,
  keyCount: number,
  keys: readonly string[],
  args: readonly (string | number)[],
) => Promise<unknown>;

/** Returns a client in the form that copies no arguments: ioredis flattens lists, also those that its types reject. */
function scriptsOf(client: Redis | Cluster): { readonly evalsha: RunsScript; readonly eval: RunsScript } {
  return client as never;
}

function compile(body: string): Script {
  const source = withConstants(withDefinitions(body));
  return { source, sha1: createHash('sha1').update(source).digest('hex') };
}

/**
 * Returns a script with the values of the constants of `record.ts` in place of their names. Each run would bind local
 * variables to all functions that use them, which takes up to a microsecond.
 */
function withConstants(script: string): string {
  return script.replaceAll(CONSTANT, (name) => LUA_CONSTANTS.get(name) ?? name);
}

/**
 * Returns a script behind the definitions of the prelude that it uses, itself or through other definitions. Each run of a
 * script creates all of its functions, which takes two microseconds for those of the whole prelude.
 */
function withDefinitions(body: string): string {
  // A definition uses earlier ones alone.
  return DEFINITIONS.reduceRight(
    (script, { source, name }) => (name.test(script) ? `${source}\n\n${script}` : script),
    body,
  );
}
