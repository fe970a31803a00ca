import { spawnSync } from 'node:child_process';
import { ensureRedis } from '../../scripts/redis-binary.mjs';

/** True if the tests' servers are older than Redis 7, which added ACL rules for subcommands and more. */
export const isBeforeRedis7 = majorVersion() < 7;

/** Arguments that let a test use DEBUG. Before Redis 7 nothing forbids it. */
export const WITH_DEBUG: string[] = isBeforeRedis7 ? [] : ['--enable-debug-command', 'yes'];

/** True if the tests' servers have the structures of the model of `nestjs-session size`: Redis 7.0 to 7.2. */
export const hasModelledStructures = /^Redis server v=7\.[0-2]\./.test(versionText());

function majorVersion(): number {
  return Number(/v=(\d+)/.exec(versionText())?.[1] ?? Infinity);
}

/** Returns the line in which the server states its version; an empty text in Docker, whose image is a later one. */
function versionText(): string {
  const runtime = ensureRedis();
  if (runtime.kind === 'docker') return '';
  return spawnSync(runtime.path, ['--version'], { encoding: 'utf8' }).stdout;
}
