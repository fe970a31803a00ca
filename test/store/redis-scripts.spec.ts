import { readdirSync, readFileSync } from 'node:fs';
import { SCRIPT_NAMES, SCRIPT_SOURCES } from '../support/white-box.js';

const FOLDER = new URL('../../libs/session/src/redis/scripts/', import.meta.url);
const PRELUDE = 'prelude';

const names = readdirSync(FOLDER).map((file) => file.replace(/\.lua$/, ''));
const scripts = names.filter((name) => name !== PRELUDE).map((name) => ({ name, ...partsOf(name) }));

/** Calls of `leave_notice` outside `end_session`: its definition and the call of `end_session`, and one for an absent session. */
const OTHER_NOTICES: Readonly<Record<string, number>> = { prelude: 2, destroy: 1 };

function read(path: string): string {
  return readFileSync(new URL(`../${path}`, FOLDER), 'utf8');
}

/** Splits a script into its header, which is its contract, and its body. */
function partsOf(name: string): { header: string; body: string } {
  const text = readFileSync(new URL(`${name}.lua`, FOLDER), 'utf8');
  const [, header = '', body = text] = /^--\[\[\n(.*?)\n\]\]\n(.*)$/s.exec(text) ?? [];
  return { header, body };
}

/** Returns the numbers in all matches of a pattern, each once and in order. */
function numbersIn(text: string, pattern: RegExp): number[] {
  const numbers = [...text.matchAll(pattern)].map(([, number]) => Number(number));
  return [...new Set(numbers)].sort((one, other) => one - other);
}

/** Call of the prelude that reads changes to fields, from the argument with the given number. */
const CHANGES = /apply_changes\([^,]+, (\d+)\)/g;

function argumentsUsed(body: string): number[] {
  return [...new Set([...numbersIn(body, /ARGV\[(\d+)\]/g), ...numbersIn(body, CHANGES)])].sort();
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

describe('the Lua scripts', () => {
  it('the registered scripts are exactly the existing files', () => {
    expect(names).toContain(PRELUDE);
    expect(scripts.map(({ name }) => name).sort()).toEqual([...SCRIPT_NAMES].sort());
  });

  it.each(names)(
    '%s names the fields of a record by the tables of record.ts alone, without a letter of its own',
    (name) => {
      expect(partsOf(name).body).not.toMatch(/'[a-z]'|'\.'/);
    },
  );

  it('record.ts writes each letter of a field once', () => {
    const letters = read('record.ts').match(/'[a-z]'/g) ?? [];
    expect(letters).toHaveLength(7);
    expect(new Set(letters).size).toBe(letters.length);
  });

  it.each(['prelude', 'sign_in', 'revoke', 'revoke_all', 'destroy'])(
    '%s ends a session through the function of the prelude',
    (name) => {
      const { body } = partsOf(name);
      expect(body).toContain('end_session(');
      expect(body.match(/leave_notice\(/g) ?? []).toHaveLength(OTHER_NOTICES[name] ?? 0);
    },
  );

  it.each(SCRIPT_NAMES)('%s is registered with the text of its own file', (name) => {
    expect(SCRIPT_SOURCES[name]).toBe(readFileSync(new URL(`${name}.lua`, FOLDER), 'utf8'));
  });

  describe.each(scripts)('$name', ({ name, header, body }) => {
    it('the script has a header with its purpose and its replies', () => {
      expect(header).toMatch(new RegExp(`^${name}: \\S`));
      expect(header).toMatch(/^Reply {2,}\S/m);
    });

    it('the script uses exactly the keys that its header names', () => {
      const named = numbersIn(header, /^KEYS\[(\d+)\] +\S+ +\S/gm);
      expect(named).toEqual(upTo(named.length));
      expect(numbersIn(body, /KEYS\[(\d+)\]/g)).toEqual(named);
    });

    it('the script uses exactly the arguments that its header names', () => {
      const named = numbersIn(header, /^ARGV\[(\d+)\] +\S/gm);
      expect(named).toEqual(upTo(named.length));
      expect(argumentsUsed(body)).toEqual(named);
    });

    it('the script takes a list of arguments if and only if its header says so', () => {
      expect(/\bARGV\b(?!\[)/.test(body)).toBe(/^ARGV +\S/m.test(header));
    });

    it('the script never encodes data as JSON or MessagePack in Lua, which would damage it', () => {
      expect(body).not.toMatch(/cjson\.encode|cmsgpack/);
      for (const [, decoded] of body.matchAll(/cjson\.decode\(([^)]*)\)/g)) expect(decoded).toBe('ARGV[1]');
    });
  });
});
