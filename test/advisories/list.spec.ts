import { readdirSync, readFileSync } from 'node:fs';
import { read } from '../../scripts/docs.mjs';

/** Advisories that were known when the table was made. The table may grow, but must keep all of these. */
const KNOWN = `
  CVE-2015-5143 CVE-2015-5963 CVE-2015-5964 CVE-2016-1000236 CVE-2017-14775 CVE-2019-16782 CVE-2020-5205 CVE-2021-34428
  CVE-2022-24895 CVE-2022-25896 CVE-2023-20866 CVE-2023-23934 CVE-2023-28858 CVE-2023-29019 CVE-2023-29020
  CVE-2023-30861 CVE-2023-48309 CVE-2024-31449 CVE-2024-31999 CVE-2024-35220 CVE-2024-38513 CVE-2024-46981
  CVE-2024-47764 CVE-2024-7341 CVE-2025-46336 CVE-2025-46817 CVE-2025-46818 CVE-2025-47278 CVE-2025-48947
  CVE-2025-49844 CVE-2025-61686 CVE-2025-61928 CVE-2025-7339 CVE-2026-21710 CVE-2026-27205 CVE-2026-39324
  CVE-2026-53517 CVE-2026-53518 GHSA-2867-6rrm-38gr GHSA-2ffv-r4r9-r8xr GHSA-9j94-67jr-4cqj GHSA-pxg6-pf52-xh8x
  GHSA-q4xf-7fw5-4x8v GHSA-q5pr-72pq-83v3 GHSA-xg6x-h9c9-2m83`
  .trim()
  .split(/\s+/);

const FOLDER = new URL('./', import.meta.url);
const ID = /(?:CVE-\d{4}-\d+|GHSA(?:-\w{4}){3})/g;

interface Row {
  readonly name: string;
  readonly here: string;
}

const rows = [...read('docs/reports/advisories.md').matchAll(/^\| (.+?) +\| .+? +\| (.+?) +\|$/gm)]
  .map(([, name, here]): Row => ({ name: name as string, here: here as string }))
  .filter(({ name }) => !/^(-+|Advisory)$/.test(name));

/** Returns the titles of the tests in a file: strings that precede the function of a test. */
function testsIn(file: string): string {
  const source = readFileSync(new URL(file, FOLDER), 'utf8');
  return [...source.matchAll(/(['"`])(.+?)\1,\s*(?:async )?\(/g)].map(([, , name]) => name).join('\n');
}

describe('the table of advisories', () => {
  test('the table has every known advisory once', () => {
    const ids = rows.flatMap(({ name }) => name.match(ID) ?? []);
    expect(ids).toHaveLength(new Set(ids).size);
    expect(ids).toEqual(expect.arrayContaining(KNOWN));
  });

  test.each(rows)(
    'the table names the file that tests $name, or the reason why it does not apply',
    ({ name, here }) => {
      const names = name.match(ID) ?? [name];
      const tested = /^Tested in \[(\w+)\]\(\.\.\/\.\.\/test\/advisories\/\1\.spec\.ts\)/.exec(here);
      const files = tested
        ? [`${tested[1]}.spec.ts`]
        : readdirSync(FOLDER).filter((file) => file.endsWith('.spec.ts'));
      const tests = files
        .filter((file) => file !== 'list.spec.ts')
        .map(testsIn)
        .join('\n');
      for (const each of names)
        expect({ each, isTested: tests.includes(each) }).toEqual({ each, isTested: tested !== null });
      if (!tested) expect(here).toMatch(/^Does not apply: .{30,}/);
    },
  );

  test('the table contains every advisory that a test is named after', () => {
    const tests = readdirSync(FOLDER)
      .filter((file) => /(?<!^list)\.spec\.ts$/.test(file))
      .map(testsIn);
    const ids = new Set(tests.join('\n').match(ID) ?? []);
    const named = new Set(rows.flatMap(({ name }) => name.match(ID) ?? []));
    expect([...ids].filter((id) => !named.has(id))).toEqual([]);
  });
});
