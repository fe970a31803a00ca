import { validateSync } from 'class-validator';
import type { OnExceed } from 'nestjs-redis-session';
import { SessionModuleOptions } from 'nestjs-redis-session';
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
  readonly session: Pick<SessionModuleOptions, 'idle' | 'absolute' | 'limit' | 'deadline' | 'cache'>;
}

const ON_EXCEED: readonly OnExceed[] = ['evict-oldest', 'evict-idlest', 'reject'];

/** @throws SettingsError for the first variable that is wrong */
export function readSettings(env: Environment): Settings {
  const max = wholeNumberOf(env, 'SESSION_MAX', { min: 1, max: 1_000_000 });
  const onExceed = choiceOf(env, 'SESSION_ON_EXCEED', ON_EXCEED) ?? 'evict-oldest';
  const idle = durationOf(env, 'SESSION_IDLE', 'idle');
  const absolute = durationOf(env, 'SESSION_ABSOLUTE', 'absolute');
  const deadline = durationOf(env, 'SESSION_DEADLINE', 'deadline');
  return {
    port: wholeNumberOf(env, 'PORT', { min: 0, max: 65_535 }) ?? 3000,
    host: textOf(env, 'HOST') ?? '127.0.0.1',
    httpAdapter: choiceOf(env, 'HTTP_ADAPTER', ['express', 'fastify']) ?? 'express',
    redisUrl: redisUrlOf(env, 'REDIS_URL'),
    demoUsers: wholeNumberOf(env, 'DEMO_USERS', { min: 0, max: 1_000_000 }) ?? 0,
    lab: (choiceOf(env, 'DEMO_LAB', ['on', 'off']) ?? labByDefault(env)) === 'on',
    session: {
      ...(idle !== undefined && { idle }),
      ...(absolute !== undefined && { absolute }),
      ...(max !== undefined && { limit: { max, onExceed } }),
      ...(deadline !== undefined && { deadline }),
      ...(choiceOf(env, 'SESSION_CACHE', ['on', 'off']) === 'on' && { cache: true }),
    },
  };
}

function labByDefault(env: Environment): 'on' | 'off' {
  return env['NODE_ENV'] === 'production' ? 'off' : 'on';
}

/** Durations are the session module's to judge; only the name of the variable is put in place of the option's. */
function durationOf(
  env: Environment,
  name: string,
  option: 'idle' | 'absolute' | 'deadline',
): string | undefined {
  const text = textOf(env, name);
  const [error] = validateSync(Object.assign(new SessionModuleOptions(), { [option]: text }));
  if (error) throw new SettingsError(name, Object.values(error.constraints ?? {}).join(' '));
  return text;
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
