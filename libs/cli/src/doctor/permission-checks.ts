import {
  permissionsFor,
  tryPermissions,
  type PermissionNeeds,
  type PermissionTrial,
} from 'nestjs-redis-session/redis';
import type { ConnectedRedis } from '../connection/connect.js';
import { plural } from '../terminal/text.js';
import { type Check, checksOn } from './check.js';

/** Tries the commands of the application with the permissions of this connection's user. */
export async function permissionChecks(redis: ConnectedRedis, needs: PermissionNeeds): Promise<Check[]> {
  const { client, prefix, timeoutMs: deadlineMs } = redis;
  const { commands } = permissionsFor(needs);
  const trials = await tryPermissions(client, { prefix, commands, deadlineMs });
  return [...trials.map((trial) => permissionCheck(trial, commands.length)), await scriptCheck(redis)];
}

function permissionCheck({ address, denied, areKeysDenied, untried }: PermissionTrial, total: number): Check {
  const check = checksOn(address);
  const problems = [
    ...(denied.length > 0 ? [`denied: ${denied.join(', ')}`] : []),
    ...(areKeysDenied ? ['keys with the prefix are denied'] : []),
  ];
  const notes = untried.length > 0 ? `; not tried: ${untried.join(', ')}` : '';
  if (problems.length === 0) return check('permissions', 'ok', `${plural(total, 'command')} allowed${notes}`);
  const remedy = '"nestjs-session acl" prints the rule that allows them.';
  return check('permissions', 'error', `${problems.join('; ')}${notes}. ${remedy}`);
}

/** Runs the script of the module's health check, which writes. */
async function scriptCheck({ store }: ConnectedRedis): Promise<Check> {
  const check = checksOn(null);
  try {
    await store.ping();
    return check('scripts', 'ok', 'Lua scripts run, and writes are accepted');
  } catch (error) {
    return check(
      'scripts',
      'error',
      (error as Error & { detail?: string }).detail ?? (error as Error).message,
    );
  }
}
