import 'reflect-metadata';
import { getMetadataStorage } from 'class-validator';
import * as publicNames from 'nestjs-redis-session';
import * as testingNames from 'nestjs-redis-session/testing';
import { SessionCacheOptions, SessionCookieOptions, SessionModuleOptions } from 'nestjs-redis-session';
import { pages, read } from '../../scripts/docs.mjs';
import { SAFETY_BOUND } from '../../libs/session/src/core/limit.js';
import { resolveOptions } from '../../libs/session/src/options/resolve.js';

/** What the pages say of the limit where none is set. */
const BOUND = '1,000, and the oldest makes room';

/** The options that a class declares. */
function optionsOf(type: new () => object): string[] {
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', true, false);
  return [...new Set(rules.map(({ propertyName }) => propertyName))].sort();
}

/** The part of a page below a heading. */
function section(page: string, heading: string): string {
  const text = read(page);
  const start = text.indexOf(`\n## ${heading}\n`);
  if (start === -1) throw new Error(`${page} has no "${heading}".`);
  const end = text.indexOf('\n## ', start + 1);
  return text.slice(start, end === -1 ? undefined : end);
}

/** The rows of the tables of a section: the first cell, where it is code, and the second. */
function rowsOf(page: string, heading: string): Map<string, string> {
  const rows = section(page, heading).matchAll(/^\| `([^`]+)` +\| (.+?) +\|/gm);
  return new Map([...rows].map(([, name, second]) => [name as string, second as string]));
}

/** What a declaration in the sources names, by a pattern. */
function named(file: string, pattern: RegExp): string[] {
  return [...read(`libs/session/src/${file}`).matchAll(pattern)].map(([, name]) => name as string).sort();
}

describe('the table of options', () => {
  const rows = rowsOf('docs/guides/setup.md', 'All options');

  it('has every option, and none that is not', () => {
    expect([...rows.keys()].sort()).toEqual(optionsOf(SessionModuleOptions));
  });

  it('has the defaults that are in force', () => {
    const { prefix, timeouts, rotation, keepDataOnSignIn, noticeTtlMs, deadlineMs, limit } = resolveOptions(
      {},
    );
    const inForce = { prefix, ...timeouts, ...rotation, keepDataOnSignIn, noticeTtlMs, deadlineMs, limit };
    const isReport = rows.get('onTokenReuse') === "`'report'`";
    expect(inForce).toEqual({
      prefix: value('prefix'),
      idleMs: duration('idle'),
      absoluteMs: duration('absolute'),
      everyMs: rows.get('rotateEvery')?.startsWith('none') ? null : duration('rotateEvery'),
      graceMs: duration('rotationGrace'),
      revokeOnReuse: !isReport,
      keepDataOnSignIn: rows.get('keepDataOnSignIn') === '`true`',
      noticeTtlMs: duration('endReasons'),
      deadlineMs: duration('deadline'),
      limit: { ...SAFETY_BOUND, max: rows.get('limit') === BOUND ? SAFETY_BOUND.max : 0 },
    });
  });

  function value(name: string): string {
    return /^`'(.+)'`$/.exec(rows.get(name) ?? '')?.[1] ?? `no default: ${rows.get(name)}`;
  }

  function duration(name: string): number {
    const [, count, unit] = /^(\d+)(ms|s|m|h)$/.exec(value(name)) ?? [];
    return Number(count) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit as 'ms'];
  }
});

describe('the table of cookie options', () => {
  const rows = rowsOf('docs/guides/setup.md', 'Cookie options');

  it('has every option, and none that is not', () => {
    expect([...rows.keys()].sort()).toEqual(optionsOf(SessionCookieOptions));
  });

  it('has the defaults that are in force', () => {
    const { secure, sameSite, httpOnly, path, partitioned, persistent, secureName, plainName } =
      resolveOptions({}).cookie;
    const defaults = {
      secure,
      sameSite: `'${sameSite}'`,
      httpOnly,
      path: `'${path}'`,
      partitioned,
      persistent,
    };
    for (const [name, inForce] of Object.entries(defaults)) {
      expect({ name, default: rows.get(name) }).toEqual({ name, default: `\`${String(inForce)}\`` });
    }
    expect(rows.get('name')).toContain(`\`${secureName}\``);
    expect(rows.get('name')).toContain(`\`${plainName}\``);
    expect(rows.get('name')).toContain(
      `\`${resolveOptions({ cookie: { path: '/app' } }).cookie.secureName}\``,
    );
  });
});

describe('the table of cache options', () => {
  const rows = rowsOf('docs/guides/cache.md', 'Cache options');

  it('has every option, and none that is not', () => {
    expect([...rows.keys()].sort()).toEqual(optionsOf(SessionCacheOptions));
  });

  it('has the defaults that are in force', () => {
    const { cache } = resolveOptions({ redis: 'redis://localhost', cache: true });
    expect([rows.get('maxEntries'), rows.get('maxBytes')]).toEqual([
      `\`${cache?.maxEntries}\``,
      `\`${cache?.maxBytes}\``,
    ]);
    expect(rows.get('staleness')).toBe(`\`'${(cache?.stalenessMs ?? 0) / 1000}s'\``);
  });

  it('stands beside one of every figure that the cache tells', () => {
    const figures = named(
      'cache/session-cache.ts',
      /^ {2}readonly (\w+): (?:number|Coherence.*|string \| null);$/gm,
    );
    const told = figures.filter((name) => name !== 'stalenessMs');
    expect(told).toHaveLength(10);
    expect([...rowsOf('docs/guides/cache.md', 'Cache statistics').keys()].sort()).toEqual(told);
  });
});

describe('the defaults of the security page', () => {
  it('are those in force', () => {
    const rows = rowsOf('docs/reference/security.md', 'Defaults and their reasons');
    const { timeouts, cookie } = resolveOptions({});
    expect(rows.get('idle')).toBe(`${Number(timeouts.idleMs) / 60_000} minutes`);
    expect(rows.get('absolute')).toBe(`${Number(timeouts.absoluteMs) / 3_600_000} hours`);
    expect(rows.get('limit')).toBe(BOUND);
    expect(section('docs/reference/security.md', 'Defaults and their reasons')).toMatch(
      new RegExp(`^\\| cookie name +\\| \`${cookie.secureName}\``, 'm'),
    );
  });

  it('hold an application to the two clocks', () => {
    expect(() => resolveOptions({ idle: '13h' })).toThrow('idle: expected at most the absolute timeout');
    expect(() => resolveOptions({ absolute: Infinity })).toThrow(
      'absolute: expected a positive length of time',
    );
  });
});

describe('the table of events', () => {
  it('has every event, and none that is not', () => {
    const [, map = ''] =
      /interface SessionEventMap \{(.*?)\n\}/s.exec(read('libs/session/src/core/events.ts')) ?? [];
    const events = [...map.matchAll(/^ {2}'?([\w-]+)'?: /gm)].map(([, name]) => name as string);
    expect(events.length).toBeGreaterThan(10);
    expect([...rowsOf('docs/guides/events-and-errors.md', 'Events').keys()].sort()).toEqual(events.sort());
  });
});

describe('the table of errors', () => {
  it('has every error with its status, and none that is not', () => {
    const source = read('libs/session/src/core/errors.ts');
    const declared = [...source.matchAll(/class (\w+) extends Session\w*Error \{.*?statusCode = (\d+);/gs)];
    const errors = new Map(declared.map(([, name, status]) => [name as string, status as string]));
    expect(errors.size).toBeGreaterThan(5);
    expect(new Map([...rowsOf('docs/guides/events-and-errors.md', 'Errors')].sort())).toEqual(
      new Map([...errors].sort()),
    );
  });
});

describe('the table of reasons', () => {
  it('has every reason, and none that is not', () => {
    const [, union = ''] = /type EndReason =([^;]+);/.exec(read('libs/session/src/core/store.ts')) ?? [];
    const reasons = [...union.matchAll(/'([\w-]+)'/g)].map(([, name]) => name as string);
    expect(reasons).toHaveLength(6);
    expect([...rowsOf('docs/guides/lifetimes.md', 'End reasons').keys()].sort()).toEqual(reasons.sort());
  });
});

describe('the guides', () => {
  const text = [...pages()]
    .filter((page) => page.startsWith('docs/guides/'))
    .map(read)
    .join('\n');

  it.each(Object.keys({ ...publicNames, ...testingNames }))('mention %s', (name) => {
    expect(new RegExp(`\\b${name}\\b`).test(text)).toBe(true);
  });

  it.each(named('core/store.ts', /^ {2}(\w+)\([\s\S]*?\): /gm))('name the method %s of a store', (method) => {
    expect(section('docs/guides/testing-and-stores.md', 'Custom stores')).toContain(`\`${method}\``);
  });

  it.each(named('nest/session.service.ts', /^ {2}(?!private)(?:async )?(\w+)\(.*\): .*\{$/gm))(
    'mention %s() of the session service',
    (method) => expect(text.includes(`${method}(`)).toBe(true),
  );
});

describe('the page of the extension API', () => {
  const source = read('libs/session/src/core/index.ts').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
  const exported = [...source.matchAll(/export (?:type )?\{([^}]*)\}/g)]
    .flatMap(([, names]) => (names as string).split(','))
    .map((name) => name.trim().replace(/^type /, ''))
    .filter((name) => name !== '');
  const listed = read('docs/reference/extension-api.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name));

  it('lists every name that nestjs-redis-session/core exports, once, and no other', () => {
    expect(exported.length).toBeGreaterThan(80);
    expect(listed.sort()).toEqual(exported.sort());
  });
});
