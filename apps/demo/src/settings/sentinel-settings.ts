import { SettingsError } from './settings.error.js';
import type { Environment } from './variables.js';
import { textOf } from './variables.js';

/** The Sentinels that know the Redis server of the demo. */
export interface SentinelSettings {
  readonly target: {
    readonly sentinels: { readonly host: string; readonly port: number }[];
    readonly name: string;
    readonly password?: string;
  };
  /** The addresses of the Sentinels, for a message. */
  readonly names: string;
}

const SENTINEL_PORT = 26_379;
const DEFAULT_MASTER = 'sessions';

/** Reads the addresses of Sentinels, such as `one:26379,two:26379`. @throws SettingsError for an invalid address */
export function sentinelsOf(env: Environment): SentinelSettings | null {
  const names = textOf(env, 'REDIS_SENTINELS');
  if (names === undefined) return null;
  if (textOf(env, 'REDIS_URL') !== undefined) {
    throw new SettingsError(
      'REDIS_SENTINELS',
      'expected either Sentinels or the REDIS_URL of one server, received both. Leave one of them out.',
    );
  }
  const password = textOf(env, 'REDIS_PASSWORD');
  return {
    target: {
      sentinels: names.split(',').map(addressOf),
      name: textOf(env, 'REDIS_MASTER') ?? DEFAULT_MASTER,
      ...(password !== undefined && { password }),
    },
    names,
  };
}

function addressOf(text: string): { host: string; port: number } {
  const url = `redis://${text.trim()}`;
  const { hostname, port, pathname } = URL.canParse(url)
    ? new URL(url)
    : { hostname: '', port: '', pathname: '' };
  if (hostname !== '' && pathname === '')
    return { host: hostname, port: port === '' ? SENTINEL_PORT : Number(port) };
  throw new SettingsError(
    'REDIS_SENTINELS',
    `expected addresses such as one:26379,two:26379, received ${JSON.stringify(text)}. Correct it or leave it out.`,
  );
}
