// The rules of a release, as functions of what they judge.
import semver from 'semver';

/** Licences that a runtime dependency may have: each permits use in closed source without further conditions. */
const LICENCES = new Set(['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD']);
const FILES = ['LICENSE', 'README.md', 'package.json'];

/** @type {import('./rules.mjs').changesOf} */
export function changesOf(changelog, version) {
  const [, ...sections] = changelog.split(/^## /m);
  const section = sections.find((text) => text.startsWith(`[${version}]`));
  const changes = section?.slice(section.indexOf('\n')).trim() ?? '';
  return changes === '' ? null : changes;
}

/** @type {import('./rules.mjs').manifestProblems} */
export function manifestProblems(manifests) {
  const versions = new Map(manifests.map(({ name, version }) => [name, version]));
  return manifests.flatMap(({ name, version, license, files, engines, dependencies = {} }) => [
    ...(semver.valid(version) ? [] : [`${name}: the version "${version}" is no semantic version`]),
    ...(license === 'MIT' ? [] : [`${name}: the licence is ${license}, expected MIT`]),
    ...(engines?.node ? [] : [`${name}: "engines" names no version of Node`]),
    ...(files ? [] : [`${name}: "files" does not say what is published`]),
    ...Object.entries(dependencies)
      .filter(([other, range]) => versions.has(other) && !semver.satisfies(versions.get(other), range))
      .map(([other, range]) => `${name}: requires ${other} ${range}, and ${versions.get(other)} is released`),
  ]);
}

/** @type {import('./rules.mjs').contentProblems} */
export function contentProblems(name, paths) {
  const missing = FILES.filter((path) => !paths.includes(path));
  const stray = paths.filter((path) => !FILES.includes(path) && !path.startsWith('dist/'));
  return [
    ...missing.map((path) => `${name}: ${path} is missing in the package`),
    ...stray.map((path) => `${name}: ${path} does not belong into the package`),
  ];
}

/** @type {import('./rules.mjs').licenceProblems} */
export function licenceProblems(components) {
  return components
    .filter(({ licenses = [] }) => !licenses.some(isAllowed))
    .map(({ name, version, licenses = [] }) => {
      const found = licenses.map(({ license, expression }) => expression ?? license.id ?? license.name);
      return `${name} ${version}: the licence is ${found.join(', ') || 'unknown'}, expected one of ${[...LICENCES].join(', ')}`;
    });
}

function isAllowed({ license, expression }) {
  // An expression such as "(MIT OR Apache-2.0)" leaves the choice; "AND" does not.
  if (expression === undefined) return LICENCES.has(license.id);
  const parts = expression.replace(/[()]/g, '').split(' OR ');
  return parts.some((part) => LICENCES.has(part.trim()));
}
