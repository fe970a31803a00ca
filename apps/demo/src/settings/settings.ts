import type { OnExceed, SessionModuleOptions } from 'nestjs-redis-session';
import { checkSessionOptions } from 'nestjs-redis-session';
import { SettingsError } from './settings.error.js';
import type { Environment } from './variables.js';
import { choiceOf, textOf, wholeNumberOf } from './variables.js';

/** Injects the settings. */
export const SETTINGS = Symbol('SETTINGS');

/** What the demo is told by its environment: checked, and with the defaults filled in. */
export interface Settings {
  readonly port: number;
  readonly host: string;
  readonly httpAdapter: 'express' | 'fastify';
  /** `null`: the demo looks for a Redis server to start. */
  readonly redisUrl: string | null;
  /** How many users there are beside alice, bob and admin. */
  readonly demoUsers: number;
  /** Whether visitors may run the attacks of the lab, which keep this process busy. Not in production, unless asked for. */
  readonly lab: boolean;
  /** What goes to the session module as it is. What is not set there is the module's to decide. */
  readonly session: Pick<SessionModuleOptions, 'idle' | 'absolute' | 'limit' | 'outage' | 'cache'>;
}

const ON_EXCEED: readonly OnExceed[] = ['evict-oldest', 'evict-idlest', 'reject'];

/** @throws SettingsError for the first variable that is wrong */
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
    demoUsers: wholeNumberOf(env, 'DEMO_USERS', { min: 0, max: 1_000_000 }) ?? 0,
    lab: (choiceOf(env, 'DEMO_LAB', ['on', 'off']) ?? labByDefault(env)) === 'on',
    session,
  };
}

function labByDefault(env: Environment): 'on' | 'off' {
  return env['NODE_ENV'] === 'production' ? 'off' : 'on';
}

/** The variables behind options that the session module checks. */
const VARIABLES: Readonly<Record<string, string>> = {
  idle: 'SESSION_IDLE',
  absolute: 'SESSION_ABSOLUTE',
  'outage.deadline': 'SESSION_DEADLINE',
};

/** Lets the session module check its options, and names the variable in place of the option. */
function checkSession(session: Settings['session']): void {
  const [problem] = checkSessionOptions({ redis: 'redis://127.0.0.1', ...session });
  if (!problem) return;
  throw new SettingsError(VARIABLES[problem.option] ?? problem.option, problem.message);
}

/** A URL may hold a password, so what came is not repeated. */
function redisUrlOf(env: Environment, name: string): string | null {
  const text = textOf(env, name);
  if (text === undefined) return null;
  if (/^rediss?:\/\/[^/]/.test(text) && URL.canParse(text)) return text;
  throw new SettingsError(
    name,
    'expected the URL of a Redis server, such as redis://:password@127.0.0.1:6379, received something else. ' +
      'Correct it, or leave it out to have a server started.',
  );
}
