import {
  changesOf,
  contentProblems,
  licenceProblems,
  manifestProblems,
} from '../../scripts/release/rules.mjs';

const SOUND = {
  name: 'one',
  version: '1.2.0',
  license: 'MIT',
  files: ['dist'],
  engines: { node: '>=20.19' },
};

describe('the changes of a release', () => {
  const changelog =
    '# Changelog\n\n## [Unreleased]\n\n## [1.1.0] - 2026-01-02\n\n### Added\n\n- A thing.\n\n## [1.0.0]\n';

  it('the changes are the text below the heading of the version', () => {
    expect(changesOf(changelog, '1.1.0')).toBe('### Added\n\n- A thing.');
  });

  it.each(['Unreleased', '1.0.0', '2.0.0'])('the heading %s has no changes', (version) => {
    expect(changesOf(changelog, version)).toBeNull();
  });
});

describe('the manifests of a release', () => {
  it('accepts packages of which one requires the version of the other', () => {
    expect(manifestProblems([SOUND, { ...SOUND, name: 'two', dependencies: { one: '^1.0.0' } }])).toEqual([]);
  });

  it('reports versions, licences and ranges that do not fit', () => {
    const broken = { name: 'two', version: '1.x', license: 'GPL-3.0', dependencies: { one: '^2.0.0' } };
    expect(manifestProblems([SOUND, broken])).toEqual([
      'two: the version "1.x" is no semantic version',
      'two: the licence is GPL-3.0, expected MIT',
      'two: "engines" names no version of Node',
      'two: "files" does not say what is published',
      'two: requires one ^2.0.0, and 1.2.0 is released',
    ]);
  });

  it('reports missing and stray files', () => {
    expect(contentProblems('one', ['package.json', 'README.md', 'dist/index.js', 'src/index.ts'])).toEqual([
      'one: LICENSE is missing in the package',
      'one: src/index.ts does not belong into the package',
    ]);
  });
});

describe('the licences of dependencies', () => {
  const component = (...licenses: object[]) => ({ name: 'a', version: '1.0.0', licenses });

  it.each([
    component({ license: { id: 'Apache-2.0' } }),
    component({ license: { id: 'BSD-3-Clause' } }),
    component({ expression: '(GPL-2.0-only OR MIT)' }),
  ])('accepts $licenses', (accepted) => expect(licenceProblems([accepted])).toEqual([]));

  it.each([
    [component({ license: { id: 'GPL-3.0-only' } }), 'GPL-3.0-only'],
    [component({ license: { name: 'Custom' } }), 'Custom'],
    [component({ expression: 'MIT AND CC-BY-NC-4.0' }), 'MIT AND CC-BY-NC-4.0'],
    [component(), 'unknown'],
    [{ name: 'a', version: '1.0.0' }, 'unknown'],
  ])('rejects %j', (rejected, found) => {
    expect(licenceProblems([rejected])).toEqual([
      `a 1.0.0: the licence is ${found}, expected one of MIT, ISC, Apache-2.0, BSD-2-Clause, BSD-3-Clause, 0BSD`,
    ]);
  });
});
