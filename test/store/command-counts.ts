import type { Redis } from 'ioredis';

/** How often the server ran each command while an operation ran; those within scripts too. */
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
