import type { Redis } from 'ioredis';

/** Counts how often the server runs each command during an operation, including the commands within scripts. */
export async function countCommands(
  client: Redis,
  operation: () => Promise<unknown>,
): Promise<Record<string, number>> {
  await client.config('RESETSTAT');
  await operation();
  const info = await client.info('commandstats');
  const counts = [...info.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name, calls]) => [
    name,
    Number(calls),
  ]);
  return Object.fromEntries(
    counts.filter(([name]) => !String(name).startsWith('config') && name !== 'info'),
  ) as Record<string, number>;
}
