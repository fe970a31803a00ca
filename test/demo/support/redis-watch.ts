import type { Redis } from 'ioredis';
import { openMonitor } from '../../support/redis-monitor.js';

/** The commands of this file itself, and the acknowledgements that replicas send every second. */
const OWN_COMMANDS = new Set(['config|resetstat', 'info', 'replconf']);

/** Counts the commands that the server runs during an action, including those of scripts. */
export async function countCommands(
  redis: Redis,
  action: () => Promise<unknown>,
): Promise<Record<string, number>> {
  await redis.config('RESETSTAT');
  await action();
  const info = await redis.info('commandstats');
  const counts = [...info.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)];
  const others = counts.filter(([, name]) => !OWN_COMMANDS.has(name ?? ''));
  return Object.fromEntries(others.map(([, name = '', calls]) => [name, Number(calls)] as const));
}

/** Lists the commands that clients send during an action, without those of scripts. Each is one round trip. */
export async function watchRoundTrips(redis: Redis, action: () => Promise<unknown>): Promise<string[]> {
  const monitor = await openMonitor(redis);
  const commands: string[] = [];
  const marker = `marker ${Math.random()}`;
  const isMarked = new Promise<void>((resolve) => {
    monitor.on('monitor', (_time: string, [name = '', argument]: string[], source: string) => {
      if (argument === marker) resolve();
      else if (source !== 'lua' && !OWN_COMMANDS.has(name.toLowerCase())) commands.push(name.toLowerCase());
    });
  });
  await action();
  await redis.echo(marker);
  await isMarked;
  monitor.disconnect();
  return commands;
}
