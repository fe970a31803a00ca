import type { OnExceed, SessionModuleOptions } from 'nestjs-redis-session';
import { checkSessionOptions } from 'nestjs-redis-session';
import type { SentinelSettings } from './sentinel-settings.js';
import { sentinelsOf } from './sentinel-settings.js';
import { SettingsError } from './settings.error.js';
import type { Environment } from './variables.js';
import { choiceOf, textOf, wholeNumberOf } from './variables.js';

/** The injection token of the settings. */
export const SETTINGS = Symbol('SETTINGS');

/** The validated environment variables of the demo, with defaults. */
export interface Settings {
  readonly port: number;
  readonly host: string;
  readonly httpAdapter: 'express' | 'fastify';
  /** The URL of a Redis server; `null` if the demo starts its own server. */
  readonly redisUrl: string | null;
  /** The Sentinels that know the Redis server; `null` without Sentinels. */
  readonly sentinels: SentinelSettings | null;
  /** The addresses of proxies whose forwarding headers are trusted; `null` for none. */
  readonly trustProxy: string | null;
  /** Time for which a stopping process goes on serving, in milliseconds. */
  readonly drainMs: number;
  /** The number of users beside alice, bob, solo and admin. */
  readonly demoUsers: number;
  /** True if the attack lab is enabled, which costs this process time. Disabled in production by default. */
  readonly lab: boolean;
  /** True to estimate the live sessions and to read the figures of Redis every few seconds, for `/metrics`. */
  readonly sampling: boolean;
  /** The options that go to the session module unchanged. The module fills in its own defaults. */
  readonly session: Pick<SessionModuleOptions, 'idle' | 'absolute' | 'limit' | 'outage' | 'cache'>;
}

const ON_EXCEED: readonly OnExceed[] = ['evict-oldest', 'evict-idlest', 'reject'];

/** Reads the settings from environment variables. @throws SettingsError for the first invalid variable */
export function readSettings(env: Environment): Settings {
  const max = wholeNumberOf(env, 'SESSION_MAX', { min: 1, max: 1_000_000 });
  const onExceed = choiceOf(env, 'SESSION_ON_EXCEED', ON_EXCEED) ?? 'evict-oldest';
  const idle = textOf(env, 'SESSION_IDLE');
  const absolute = textOf(env, 'SESSION_ABSOLUTE');
  const deadline = textOf(env, 'SESSION_DEADLINE');
  const session = {
    ...(idle !== undefined && { idle }),
    ...(absolute !== undefined && { absolute }),
    ...(max !== undefined && { limit: { max, onExceed } }),
    ...(deadline !== undefined && { outage: { deadline } }),
    ...(choiceOf(env, 'SESSION_CACHE', ['on', 'off']) === 'on' && { cache: true }),
  };
  checkSession(session);
  return {
    port: wholeNumberOf(env, 'PORT', { min: 0, max: 65_535 }) ?? 3000,
    host: textOf(env, 'HOST') ?? '127.0.0.1',
    httpAdapter: choiceOf(env, 'HTTP_ADAPTER', ['express', 'fastify']) ?? 'express',
    redisUrl: redisUrlOf(env, 'REDIS_URL'),
    sentinels: sentinelsOf(env),
    trustProxy: textOf(env, 'TRUST_PROXY') ?? null,
    drainMs: wholeNumberOf(env, 'DRAIN_MS', { min: 0, max: 60_000 }) ?? 0,
    demoUsers: wholeNumberOf(env, 'DEMO_USERS', { min: 0, max: 1_000_000 }) ?? 0,
    sampling: choiceOf(env, 'DEMO_SAMPLING', ['on', 'off']) !== 'off',
    lab: (choiceOf(env, 'DEMO_LAB', ['on', 'off']) ?? labByDefault(env)) === 'on',
    session,
  };
}

function labByDefault(env: Environment): 'on' | 'off' {
  return env['NODE_ENV'] === 'production' ? 'off' : 'on';
}

/** The variables of the options that the session module checks. */
const VARIABLES: Readonly<Record<string, string>> = {
  idle: 'SESSION_IDLE',
  absolute: 'SESSION_ABSOLUTE',
  'outage.deadline': 'SESSION_DEADLINE',
};

/** Validates the options as the session module does, and reports an error under the name of the variable. */
function checkSession(session: Settings['session']): void {
  const [problem] = checkSessionOptions({ redis: 'redis://127.0.0.1', ...session });
  if (!problem) return;
  throw new SettingsError(VARIABLES[problem.option] ?? problem.option, problem.message);
}

/** Reads the URL of a Redis server. The error does not repeat the value, which may contain a password. */
function redisUrlOf(env: Environment, name: string): string | null {
  const text = textOf(env, name);
  if (text === undefined) return null;
  if (/^rediss?:\/\/[^/]/.test(text) && URL.canParse(text)) return text;
  throw new SettingsError(
    name,
    'expected the URL of a Redis server, such as redis://:password@127.0.0.1:6379, received something else. ' +
      'Correct it, or leave it out to let the demo start a server.',
  );
}
