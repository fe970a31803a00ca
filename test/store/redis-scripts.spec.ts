import { readdirSync, readFileSync } from 'node:fs';
import { SCRIPT_NAMES, SCRIPT_SOURCES } from '../../libs/session/src/redis/scripts.js';

const FOLDER = new URL('../../libs/session/src/redis/scripts/', import.meta.url);
const PRELUDE = 'prelude';

const names = readdirSync(FOLDER).map((file) => file.replace(/\.lua$/, ''));
const scripts = names.filter((name) => name !== PRELUDE).map((name) => ({ name, ...partsOf(name) }));

/** The notices that are left without a session that ends: by their definition and `end_session`, and for an absent one. */
const OTHER_NOTICES: Readonly<Record<string, number>> = { prelude: 2, destroy: 1 };

function read(path: string): string {
  return readFileSync(new URL(`../${path}`, FOLDER), 'utf8');
}

/** A script's header, which is its contract, and what follows it. */
function partsOf(name: string): { header: string; body: string } {
  const text = readFileSync(new URL(`${name}.lua`, FOLDER), 'utf8');
  const [, header = '', body = text] = /^--\[\[\n(.*?)\n\]\]\n(.*)$/s.exec(text) ?? [];
  return { header, body };
}

/** The numbers in all matches of a pattern, each once, in order. */
function numbersIn(text: string, pattern: RegExp): number[] {
  const numbers = [...text.matchAll(pattern)].map(([, number]) => Number(number));
  return [...new Set(numbers)].sort((one, other) => one - other);
}

/** Changes to fields are read by the prelude, from the argument whose number it is given. */
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
    '%s names the fields of a record by the tables of record.ts, and writes no letter itself',
    (name) => {
      expect(partsOf(name).body).not.toMatch(/'[a-z]'|'\.'/);
    },
  );

  it('of record.ts write each letter of a field once', () => {
    const letters = read('record.ts').match(/'[a-z]'/g) ?? [];
    expect(letters).toHaveLength(17);
    expect(new Set(letters).size).toBe(letters.length);
  });

  it.each(['prelude', 'sign_in', 'revoke', 'revoke_all', 'destroy'])(
    '%s ends a session by the function of the prelude',
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

    it('uses the keys that its header names, and no others', () => {
      const named = numbersIn(header, /^KEYS\[(\d+)\] +\S+ +\S/gm);
      expect(named).toEqual(upTo(named.length));
      expect(numbersIn(body, /KEYS\[(\d+)\]/g)).toEqual(named);
    });

    it('uses the arguments that its header names, and no others', () => {
      const named = numbersIn(header, /^ARGV\[(\d+)\] +\S/gm);
      expect(named).toEqual(upTo(named.length));
      expect(argumentsUsed(body)).toEqual(named);
    });

    it('takes a list of arguments just if its header says so', () => {
      expect(/\bARGV\b(?!\[)/.test(body)).toBe(/^ARGV +\S/m.test(header));
    });

    it('never turns data into the JSON or MessagePack of Lua, which damages it', () => {
      expect(body).not.toMatch(/cjson\.encode|cmsgpack/);
      for (const [, decoded] of body.matchAll(/cjson\.decode\(([^)]*)\)/g)) expect(decoded).toBe('ARGV[1]');
    });
  });
});
