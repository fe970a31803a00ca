import * as publicNames from 'nestjs-redis-session';
import * as testingNames from 'nestjs-redis-session/testing';

import * as telemetryNames from 'nestjs-redis-session/telemetry';
import { pages, read } from '../../scripts/docs.mjs';
import { rowsOf, sectionOf } from './support/markdown.js';

/** Returns the names that match a pattern in a source file, sorted. */
function named(file: string, pattern: RegExp): string[] {
  return [...read(`libs/session/src/${file}`).matchAll(pattern)].map(([, name]) => name as string).sort();
}

describe('the page of the cache', () => {
  it('the page of the cache lists exactly the figures of the cache statistics', () => {
    const figures = named(
      'cache/session-cache.ts',
      /^ {2}readonly (\w+): (?:number|Coherence.*|string \| null);$/gm,
    );
    const reported = figures.filter((name) => !['stalenessMs', 'verifyEvery'].includes(name));
    expect(reported).toHaveLength(12);
    expect([...rowsOf('docs/guides/cache.md', 'Cache statistics').keys()].sort()).toEqual(reported);
  });
});

describe('the page of telemetry', () => {
  it('the page lists exactly the metrics of the catalogue, with their units and attributes', () => {
    const rows = read('docs/guides/telemetry.md').matchAll(
      /^\| `([\w.]+)` +\| (\w+) +\| `([^`]+)` +\| (.+?) +\| (.*?) *\|$/gm,
    );
    const listed = [...rows].map(([, name, kind, unit, description, attributes]) => ({
      ...{ name, kind, unit, description },
      words: [...(attributes as string).matchAll(/`([^`]+)`/g)].map(([, word]) => word),
    }));
    expect(listed).toEqual(
      telemetryNames.METRICS.map(({ name, kind, unit, description, attributes }) => ({
        ...{ name, kind, unit, description },
        words: Object.entries(attributes).flat(2),
      })),
    );
  });
});

describe('the table of events', () => {
  it('the table lists exactly the existing events', () => {
    const [, map = ''] =
      /interface SessionEventMap \{(.*?)\n\}/s.exec(read('libs/session/src/core/runtime/events.ts')) ?? [];
    const events = [...map.matchAll(/^ {2}'?([\w-]+)'?: /gm)].map(([, name]) => name as string);
    expect(events.length).toBeGreaterThan(10);
    expect([...rowsOf('docs/guides/events-and-errors.md', 'Events').keys()].sort()).toEqual(events.sort());
  });
});

describe('the table of errors', () => {
  it('the table lists exactly the existing errors, with their status', () => {
    const source = read('libs/session/src/core/errors/errors.ts');
    const declared = [...source.matchAll(/class (\w+) extends Session\w*Error \{.*?statusCode = (\d+);/gs)];
    const errors = new Map(declared.map(([, name, status]) => [name as string, status as string]));
    expect(errors.size).toBeGreaterThan(5);
    expect(new Map([...rowsOf('docs/guides/events-and-errors.md', 'Errors')].sort())).toEqual(
      new Map([...errors].sort()),
    );
  });
});

describe('the table of reasons', () => {
  it('the table lists exactly the existing reasons', () => {
    const [, union = ''] =
      /type EndReason =([^;]+);/.exec(read('libs/session/src/core/record/record.ts')) ?? [];
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

  it.each(Object.keys({ ...publicNames, ...testingNames, ...telemetryNames }))(
    'the guides mention %s',
    (name) => {
      expect(new RegExp(`\\b${name}\\b`).test(text)).toBe(true);
    },
  );

  it.each(named('core/store/store.ts', /^ {2}(\w+)\??\([\s\S]*?\): /gm))(
    'the guides name the store method %s',
    (method) => {
      expect(sectionOf('docs/guides/custom-stores.md', 'The contract')).toContain(`\`${method}\``);
    },
  );

  it.each(named('nest/session.service.ts', /^ {2}(?!private)(?:async )?(\w+)\(.*\): .*\{$/gm))(
    'the guides mention %s() of the session service',
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

  it('the page lists exactly the exports of nestjs-redis-session/core, each once', () => {
    expect(exported.length).toBeGreaterThan(80);
    expect(listed.sort()).toEqual(exported.sort());
  });
});
