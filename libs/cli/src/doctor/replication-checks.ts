import type { ServerFacts } from 'nestjs-redis-session/redis';
import { bytes, plural } from '../terminal/text.js';
import { type Check, checksOn } from './check.js';

const LAG_BYTES = 10 * 1024 * 1024;

/** Returns the results of the checks of a server's replication. */
export function replicationChecks(server: string, { info }: ServerFacts): Check[] {
  const check = checksOn(server);
  if (info['role'] === 'slave') {
    return [check('replication', 'error', 'This is a replica, which rejects writes. Connect to its master.')];
  }
  if (info['role'] !== 'master') return [check('replication', 'skipped', 'INFO is not permitted.')];
  const replicas = Object.entries(info).filter(([name]) => /^slave\d+$/.test(name));
  if (replicas.length === 0) return [check('replication', 'ok', 'master without replicas')];
  const lag = lagOf(info, replicas);
  const offline = replicas.filter(([, value]) => !/state=online/.test(value ?? ''));
  if (offline.length > 0) {
    return [
      check(
        'replication',
        'warning',
        `${plural(offline.length, 'replica')} not in sync. See the log of Redis.`,
      ),
    ];
  }
  const message = `master of ${plural(replicas.length, 'replica')}, at most ${bytes(lag)} behind`;
  return lag > LAG_BYTES
    ? [
        check(
          'replication',
          'warning',
          `${message}. A failover would lose these writes: see the network and the load.`,
        ),
      ]
    : [check('replication', 'ok', message)];
}

function lagOf(
  info: ServerFacts['info'],
  replicas: readonly (readonly [string, string | undefined])[],
): number {
  const written = Number(info['master_repl_offset']);
  const offsets = replicas.map(([, value = '']) => Number(/offset=(\d+)/.exec(value)?.[1] ?? 0));
  return Math.max(0, written - Math.min(...offsets));
}
