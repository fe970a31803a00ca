import { isSessionError } from 'nestjs-redis-session/core';
import { LAYOUT_VERSION, type StoredSession } from 'nestjs-redis-session/redis';
import type { ConnectedRedis } from '../connection/connect.js';
import { count, plural, printable } from '../terminal/text.js';
import { type Check, checksOn } from './check.js';

/** The number of keys that the sample walks over, so that the check takes a moment only. */
const MAX_KEYS = 20_000;
const MAX_SESSIONS = 1_000;

/** A part of the keys with the prefix. */
export interface KeySample {
  readonly sessions: readonly StoredSession[];
  /** Number of keys with the prefix in the sample. */
  readonly keys: number;
  /** Some keys with the prefix that the module does not write. */
  readonly foreign: readonly string[];
}

/** Reads a sample of the keys with the prefix; returns `null` if the user may not. */
export async function sampleKeys(redis: ConnectedRedis): Promise<KeySample | null> {
  try {
    return await readSample(redis);
  } catch (error) {
    if (isSessionError(error, 'SESSION_MISCONFIGURED')) return null;
    throw error;
  }
}

async function readSample({ inspection }: ConnectedRedis): Promise<KeySample> {
  const sessions: StoredSession[] = [];
  const foreign: string[] = [];
  let keys = 0;
  let examined = 0;
  for await (const step of inspection.walk()) {
    keys += step.keys.length;
    examined += step.examined;
    foreign.push(...step.keys.filter(({ kind }) => kind === null).map(({ name }) => name));
    if (sessions.length < MAX_SESSIONS) sessions.push(...(await inspection.read(step)));
    if (examined >= MAX_KEYS) break;
  }
  return { sessions: sessions.slice(0, MAX_SESSIONS), keys, foreign: foreign.slice(0, 3) };
}

/** Returns the results of the checks of what the prefix holds; `null` is the sample of a user who may not scan keys. */
export function prefixChecks(prefix: string, sample: KeySample | null): Check[] {
  const check = checksOn(null);
  if (!sample) return [check('prefix', 'skipped', 'this user may not run SCAN')];
  const { sessions, keys, foreign } = sample;
  return [prefixCheck(), layoutCheck(), expiryCheck()];

  function prefixCheck(): Check {
    if (foreign.length > 0) {
      const names = foreign.map((name) => printable(name)).join(', ');
      return check(
        'prefix',
        'warning',
        `Another application uses keys that begin with ${prefix}, such as ${names}. Give it another prefix.`,
      );
    }
    return check('prefix', 'ok', keys === 0 ? `no keys begin with ${prefix}` : `${prefix} is in use`);
  }

  function layoutCheck(): Check {
    const others = sessions.filter(
      ({ layout, problem }) => problem !== null || layout !== LAYOUT_VERSION,
    ).length;
    if (others === 0)
      return check('layout', 'ok', `layout ${LAYOUT_VERSION}, ${plural(sessions.length, 'session')} sampled`);
    return check(
      'layout',
      'warning',
      `${count(others)} of ${plural(sessions.length, 'sampled session')} cannot be read by this version. "nestjs-session scan" shows why.`,
    );
  }

  function expiryCheck(): Check {
    if (sessions.some(({ expiresInMs }) => expiresInMs === null)) {
      return check('expiry', 'skipped', 'this user may not run PTTL');
    }
    const immortal = sessions.filter(({ expiresInMs }) => expiresInMs === Infinity).length;
    if (immortal === 0) return check('expiry', 'ok', 'every sampled session expires');
    return check(
      'expiry',
      'warning',
      `${count(immortal)} of ${plural(sessions.length, 'sampled session')} never expire. "nestjs-session scan --fix" repairs them.`,
    );
  }
}
