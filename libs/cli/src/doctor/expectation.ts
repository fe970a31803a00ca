import { readFileSync } from 'node:fs';
import ms from 'ms';
import { usageFailure } from '../failure.js';
import { shown } from '../parse.js';
import { duration } from '../terminal/text.js';
import { type Check, checksOn } from './check.js';
import type { Lifetimes, State } from './state.js';

/** The content of the file of `--expect`. Members that are absent are not compared. */
export interface Expectation {
  /** The setting maxmemory-policy of every server. */
  readonly policy?: string;
  /** The setting maxmemory of every server, in bytes. */
  readonly memory?: number;
  readonly versions?: {
    /** The beginning of the version of every server, such as `Redis 7.2`. */
    readonly server?: string;
    /** The layout of the stored sessions. */
    readonly layout?: number;
  };
  readonly acl?: {
    readonly user?: string;
    /** The keys, channels and commands of the user, in any order. */
    readonly rule?: string;
  };
  /** The timeouts that sampled sessions may have: one, or several if the options are functions. */
  readonly lifetimes?: {
    readonly user?: ExpectedLifetimes;
    readonly anonymous?: ExpectedLifetimes;
  };
}

interface ExpectedLifetimes {
  readonly idle?: string | readonly string[];
  readonly absolute?: string | readonly string[];
}

/** The names of all members, with those inside of each; `null` for a member without any. */
const MEMBERS = {
  policy: null,
  memory: null,
  versions: { server: null, layout: null },
  acl: { user: null, rule: null },
  lifetimes: { user: { idle: null, absolute: null }, anonymous: { idle: null, absolute: null } },
} as const;

/** Reads a file of expectations. @throws Failure if it cannot be read or has an unknown member */
export function readExpectation(file: string): Expectation {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw usageFailure(`--expect: the file cannot be read as JSON: ${(error as Error).message}.`);
  }
  checkMembers('', content, MEMBERS);
  return content as Expectation;
}

type Members = { readonly [name: string]: Members | null };

function checkMembers(path: string, content: unknown, members: Members): void {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw usageFailure(`--expect: expected an object${path && ` in ${path}`}.`);
  }
  for (const [name, value] of Object.entries(content)) {
    const known = Object.hasOwn(members, name) ? members[name] : undefined;
    if (known === undefined) {
      throw usageFailure(
        `--expect: expected one of ${Object.keys(members).join(', ')}${path && ` in ${path}`}, received ${shown(name)}.`,
      );
    }
    if (known !== null) checkMembers(path === '' ? name : `${path}.${name}`, value, known);
  }
}

/** Returns the expectation that the present state fulfils. */
export function expectationOf({ policy, memory, versions, acl, lifetimes }: State): Expectation {
  return {
    policy: policy.join(', '),
    ...(memory.length === 1 && { memory: memory[0] }),
    versions: { server: versions.server.join(', '), layout: versions.layout },
    ...(acl && { acl }),
    lifetimes: { user: foundIn(lifetimes.user), anonymous: foundIn(lifetimes.anonymous) },
  };
}

function foundIn({ idle, absolute }: Lifetimes): ExpectedLifetimes {
  return { ...(idle.length > 0 && { idle }), ...(absolute.length > 0 && { absolute }) };
}

/** Compares the state with an expectation. Returns one result for each member of the expectation. */
export function driftChecks(expected: Expectation, state: State): Check[] {
  const { policy, memory, versions, acl, lifetimes } = expected;
  return [
    ...compared('policy', policy, state.policy, same),
    ...compared('memory', memory, state.memory, same),
    ...compared('versions.server', versions?.server, state.versions.server, startsWith),
    ...compared('versions.layout', versions?.layout, [state.versions.layout], same),
    ...compared('acl.user', acl?.user, state.acl && [state.acl.user], same),
    ...compared('acl.rule', acl?.rule, state.acl && [state.acl.rule], sameWords),
    ...lifetimeChecks('lifetimes.user', lifetimes?.user, state.lifetimes.user),
    ...lifetimeChecks('lifetimes.anonymous', lifetimes?.anonymous, state.lifetimes.anonymous),
  ];
}

function compared<T extends string | number>(
  member: string,
  expected: T | undefined,
  found: readonly T[] | null,
  matches: (expected: T, found: T) => boolean,
): Check[] {
  if (expected === undefined) return [];
  const check = checksOn(null);
  const name = `expected ${member}`;
  if (found === null)
    return [check(name, 'error', 'not readable: allow the user to run +acl|whoami +acl|getuser')];
  const others = found.filter((value) => !matches(expected, value));
  if (others.length === 0) return [check(name, 'ok', String(expected))];
  return [check(name, 'error', `drift: expected ${expected}, found ${others.join(', ')}`)];
}

function lifetimeChecks(path: string, expected: ExpectedLifetimes | undefined, found: Lifetimes): Check[] {
  if (!expected) return [];
  const check = checksOn(null);
  return (['idle', 'absolute'] as const).flatMap((timeout) => {
    const allowed = expected[timeout];
    if (allowed === undefined) return [];
    const list = [allowed].flat().map(normalised);
    const others = found[timeout].filter((value) => !list.includes(value));
    const name = `expected ${path}.${timeout}`;
    if (found[timeout].length === 0) return [check(name, 'skipped', 'no session in the sample')];
    if (others.length === 0) return [check(name, 'ok', list.join(', '))];
    return [check(name, 'error', `drift: expected ${list.join(' or ')}, found ${others.join(', ')}`)];
  });
}

/** Returns a length of time in the form in which the state has it, so that `30m` equals `1800s`. */
function normalised(text: string): string {
  const value = ms(text as ms.StringValue);
  return Number.isFinite(value) ? duration(value) : text;
}

function same(expected: string | number, found: string | number): boolean {
  return expected === found;
}

function startsWith(expected: string, found: string): boolean {
  return found === expected || found.startsWith(`${expected}.`);
}

function sameWords(expected: string, found: string): boolean {
  const words = (text: string) => text.split(/\s+/).filter(Boolean).sort().join(' ');
  return words(expected) === words(found);
}
