import { read } from '../../scripts/docs.mjs';
import { specsBelow } from '../support/evidence-table.js';
import { ADVISORIES } from './rows.js';

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

const TAG = /\[((?:CVE|GHSA|ADV)-[\w-]+)\]/g;
const page = read('docs/reports/advisories.md');
const sources = specsBelow('test', 'libs/session/src');
const tags = new Set([...sources.matchAll(TAG)].map(([, id]) => id as string));
const ids = ADVISORIES.flatMap((advisory) => advisory.ids);

describe('the table of advisories', () => {
  test('the table has every known advisory once', () => {
    expect(ids).toHaveLength(new Set(ids).size);
    expect(ids).toEqual(expect.arrayContaining(KNOWN));
  });

  test('the page has every row once, in order (npm run docs:advisories)', () => {
    const rows = [...page.matchAll(/^\| ((?:CVE|GHSA|ADV)-.+?) +\| (.+?) +\|/gm)];
    expect(rows.map(([, names, vulnerability]) => [names, vulnerability])).toEqual(
      ADVISORIES.map((advisory) => [advisory.ids.join(', '), advisory.vulnerability]),
    );
  });

  test.each(ADVISORIES.map((advisory) => [advisory.ids.join(', '), advisory] as const))(
    'tests have the tags %s, or the row gives the reason why the advisory does not apply',
    (names, advisory) => {
      const isTagged = advisory.notApplicable === null;
      for (const id of advisory.ids) expect({ id, isTagged: tags.has(id) }).toEqual({ id, isTagged });
      const row = page.split('\n').find((line) => line.startsWith(`| ${names} `));
      expect(row?.includes('does not apply: ')).toBe(!isTagged);
    },
  );

  test('the table contains every advisory that is a tag of a test', () => {
    expect([...tags].filter((id) => !ids.includes(id))).toEqual([]);
  });
});
