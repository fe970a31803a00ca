// Each default is an initializer in its class. This holds the comments and the pages, which repeat it, to that.
import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { rowsOf, sectionOf } from '../../../../test/docs/support/markdown.js';
import { SAFETY_BOUND } from '../core/runtime/limit.js';
import { SessionCacheOptions } from './cache-options.js';
import { SessionCookieOptions } from './cookie-options.js';
import { defaultOf, type OptionsClass, rulesOf } from './options-class.js';
import { resolveOptions } from './resolve.js';
import { SessionModuleOptions } from './session-module-options.js';

const FOLDER = new URL('.', import.meta.url);
const SETUP = 'docs/guides/setup.md';
const SECURITY = 'docs/reference/security.md';
/** Groups whose members have rows in a table of their own, or none. */
const ONE_ROW = ['anonymous', 'limit', 'cookie', 'cache'];
const BOUND = '1,000, and the oldest makes room';

interface Declared {
  readonly place: string;
  readonly type: OptionsClass;
  readonly name: string;
  /** The text of `@defaultValue`; `null`: there is no such tag. */
  readonly comment: string | null;
}

/** Returns the options of all classes, as their sources declare them. */
async function declared(): Promise<Declared[]> {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('-options.ts'));
  const found = files.map(async (file) => {
    const exported = (await import(`./${file.replace(/\.ts$/, '.js')}`)) as Record<string, OptionsClass>;
    const source = ts.createSourceFile(
      file,
      readFileSync(new URL(file, FOLDER), 'utf8'),
      ts.ScriptTarget.Latest,
      true,
    );
    return source.statements.filter(ts.isClassDeclaration).flatMap(({ name: className, members }) =>
      members.filter(ts.isPropertyDeclaration).map((member) => {
        const tag = ts.getJSDocTags(member).find(({ tagName }) => tagName.text === 'defaultValue');
        const name = (member.name as ts.Identifier).text;
        return {
          place: `${className?.text}.${name}`,
          type: exported[className?.text as string] as OptionsClass,
          name,
          comment: tag ? (ts.getTextOfJSDocComment(tag.comment) ?? '') : null,
        };
      }),
    );
  });
  return (await Promise.all(found)).flat();
}

describe('the comments of options', () => {
  it('name the default that the class has', async () => {
    const options = await declared();
    const withDefault = options.filter(({ type, name }) => defaultIn(type, name) !== null);
    expect(withDefault.length).toBeGreaterThan(20);
    const wrong = withDefault.filter(({ type, name, comment }) => {
      const expected = defaultIn(type, name) as string;
      return !comment?.startsWith(expected) || !/^$|^[ ,]/.test(comment.slice(expected.length));
    });
    expect(wrong.map(({ place }) => place)).toEqual([]);
  });

  it('name the defaults of a group that they list', async () => {
    const groups = (await declared()).filter(
      ({ type, name, comment }) => rulesOf(type).get(name)?.group && comment?.startsWith('{'),
    );
    expect(groups.map(({ name }) => name)).toEqual(['anonymous', 'responses', 'size', 'outage']);
    for (const { type, name, comment } of groups) expect(comment).toBe(defaultOf(type, name));
  });

  it('name no default in code if the class has none', async () => {
    const wrong = (await declared()).filter(
      ({ type, name, comment }) => defaultOf(type, name) === null && comment && /^['{[\d]/.test(comment),
    );
    expect(wrong.map(({ place }) => place)).toEqual([]);
  });
});

describe('the options of the module', () => {
  it('stay few at the top level, where a further one needs a group or a good reason', () => {
    expect(rulesOf(SessionModuleOptions).size).toBeLessThanOrEqual(25);
  });
});

/** Returns the default of an option that is no group. */
function defaultIn(type: OptionsClass, name: string): string | null {
  return rulesOf(type).get(name)?.group ? null : defaultOf(type, name);
}

/** Returns the rows that the table of all options should have, with the default of each, if it has one. */
function expectedRows(): Map<string, string | null> {
  const rows = [...rulesOf(SessionModuleOptions)].flatMap(([name, { group }]) =>
    group && !ONE_ROW.includes(name)
      ? [...rulesOf(group).keys()].map((member) => [`${name}.${member}`, defaultOf(group, member)] as const)
      : [[name, defaultIn(SessionModuleOptions, name)] as const],
  );
  return new Map(rows);
}

function expectDefaults(
  rows: ReadonlyMap<string, string>,
  defaults: Iterable<readonly [string, string | null]>,
): void {
  for (const [name, value] of defaults) {
    if (value !== null) expect(`${name}: ${rows.get(name)}`).toBe(`${name}: \`${value}\``);
  }
}

describe('the table of all options', () => {
  const rows = rowsOf(SETUP, 'All options');

  it('lists each option and no other', () => {
    expect([...rows.keys()].sort()).toEqual([...expectedRows().keys()].sort());
  });

  it('shows the defaults in force', () => {
    expectDefaults(rows, expectedRows());
    expect(rows.get('anonymous')).toBe(`\`${defaultOf(SessionModuleOptions, 'anonymous')}\``);
    expect([rows.get('limit'), SAFETY_BOUND.max, SAFETY_BOUND.onExceed]).toEqual([
      BOUND,
      1_000,
      'evict-oldest',
    ]);
  });
});

describe.each<[string, OptionsClass, string, string]>([
  ['cookie', SessionCookieOptions, SETUP, 'Cookie options'],
  ['cache', SessionCacheOptions, 'docs/guides/cache.md', 'Cache options'],
])('the table of %s options', (_group, type, page, heading) => {
  const rows = rowsOf(page, heading);

  it('lists each option and no other', () => {
    expect([...rows.keys()].sort()).toEqual([...rulesOf(type).keys()].sort());
  });

  it('shows the defaults in force', () => {
    expectDefaults(
      rows,
      [...rulesOf(type).keys()].map((name) => [name, defaultOf(type, name)] as const),
    );
  });
});

describe('the name of the cookie', () => {
  it('appears on the page with each of its defaults', () => {
    const cell = rowsOf(SETUP, 'Cookie options').get('name');
    const { secureName, plainName } = resolveOptions({}).cookie;
    const narrower = resolveOptions({ cookie: { path: '/app' } }).cookie.secureName;
    for (const name of [secureName, plainName, narrower]) expect(cell).toContain(`\`${name}\``);
  });
});

describe('the security page', () => {
  it('shows the defaults in force', () => {
    const rows = rowsOf(SECURITY, 'Defaults and their reasons');
    const { timeouts, cookie } = resolveOptions({});
    expect(rows.get('idle')).toBe(`${Number(timeouts.idleMs) / 60_000} minutes`);
    expect(rows.get('absolute')).toBe(`${Number(timeouts.absoluteMs) / 3_600_000} hours`);
    expect(rows.get('limit')).toBe(BOUND);
    expect(sectionOf(SECURITY, 'Defaults and their reasons')).toMatch(
      new RegExp(`^\\| cookie name +\\| \`${cookie.secureName}\``, 'm'),
    );
  });

  it('states correctly that an idle timeout above the absolute timeout and an infinite one are refused', () => {
    expect(() => resolveOptions({ idle: '13h' })).toThrow('idle: expected at most the absolute timeout');
    expect(() => resolveOptions({ absolute: Infinity })).toThrow(
      'absolute: expected a positive length of time',
    );
  });
});
