import type { PermissionNeeds } from 'nestjs-redis-session/redis';
import type { OptionDefinition } from './command.js';
import type { ConnectionOptions } from './connection/options.js';

/** The options of commands that compute the permissions of the application. */
export interface NeedsOptions extends ConnectionOptions {
  readonly cache?: boolean;
  readonly durability?: boolean;
  readonly everyone: boolean;
}

/** The definitions of {@link NeedsOptions}. */
export const NEEDS_OPTIONS: readonly OptionDefinition[] = [
  { flags: '--cache', description: 'the application sets the option "cache"' },
  { flags: '--durability', description: 'the application sets the option "durability"' },
  { flags: '--no-everyone', description: 'the application never calls revokeEveryone()' },
];

/** Returns what the permissions depend on: the address, and the options of the module. */
export function needsOf(options: NeedsOptions): PermissionNeeds {
  const { prefix, cluster, cache = false, durability = false, everyone } = options;
  return {
    prefix,
    cluster: cluster !== undefined,
    cache,
    durability,
    everyone,
    database: databaseOf(options) !== 0,
  };
}

/** Returns the number of the database that the options select. */
function databaseOf({ db, url }: ConnectionOptions): number {
  if (db !== undefined) return db;
  const path = url !== undefined && URL.canParse(url) ? new URL(url).pathname.slice(1) : '';
  return Number(path) || 0;
}
