import { spawnSync } from 'node:child_process';
import { ensureRedis } from '../../scripts/redis-binary.mjs';

/** True if the tests' servers are older than Redis 7, which added ACL rules for subcommands and more. */
export const isBeforeRedis7 = majorVersion() < 7;

/** Arguments that let a test use DEBUG. Before Redis 7 nothing forbids it. */
export const WITH_DEBUG: string[] = isBeforeRedis7 ? [] : ['--enable-debug-command', 'yes'];

function majorVersion(): number {
  const runtime = ensureRedis();
  if (runtime.kind === 'docker') return Infinity; // the image is a later one
  const { stdout } = spawnSync(runtime.path, ['--version'], { encoding: 'utf8' });
  return Number(/v=(\d+)/.exec(stdout)?.[1] ?? Infinity);
}
