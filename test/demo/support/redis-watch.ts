import type { Redis } from 'ioredis';
import { openMonitor } from '../../support/redis-monitor.js';

/** What the server counts of this file's own doing, and what replicas acknowledge once a second. */
const OWN_COMMANDS = new Set(['config|resetstat', 'info', 'replconf']);

/** How often the server ran each command meanwhile, those of scripts included. */
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

/** The commands that clients sent meanwhile, one a round trip. What a script does by itself is not among them. */
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
