// `npm run release`: builds, packs and checks every package of libs/ and prints the commands that publish them. Nothing is
// published without --publish. With --dry-run, changes of the working tree and a changelog without the version are accepted.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import process from 'node:process';
import { build } from './build.mjs';
import { billOfMaterials } from './release/bill-of-materials.mjs';
import { npm, publishedPackages } from './release/packages.mjs';
import { changesOf, contentProblems, licenceProblems, manifestProblems } from './release/rules.mjs';
import { tryOut } from './release/try-out.mjs';
import { fail, ROOT, setUpPackages } from './setup.mjs';

const TARBALLS = join(ROOT, 'reports/release');
const LINT = join(ROOT, 'scripts/lint-package.mjs');
const FLAGS = ['--dry-run', '--publish'];

const flags = process.argv.slice(2);
const unknown = flags.filter((flag) => !FLAGS.includes(flag));
if (unknown.length > 0) fail(`Unknown: ${unknown.join(' ')}. Expected ${FLAGS.join(' or ')}.`);
if (flags.length > 1) fail('Expected one of --dry-run and --publish: a dry run publishes nothing.');
const isDryRun = flags.includes('--dry-run');

setUpPackages();
const packages = publishedPackages();
const [{ version }] = packages.map(({ manifest }) => manifest);

step('Versions and changelog', [
  ...manifestProblems(packages.map(({ manifest }) => manifest)),
  ...(isDryRun ? dryRunProblems() : releaseProblems()),
]);
step('Build', packages.flatMap(buildProblems));
mkdirSync(TARBALLS, { recursive: true });
const packed = packages.map(pack);
step(
  'Contents',
  packed.flatMap(({ manifest, paths }) => contentProblems(manifest.name, paths)),
);
step('publint and "Are the types wrong?"', packed.flatMap(lintProblems));
step(
  'Licences',
  packages.flatMap(({ manifest }) => licenceProblems(billOfMaterials(manifest).components)),
);
step('Installed and run in an empty project', await tryOut(packed));

for (const { manifest, paths, bytes } of packed) {
  console.log(
    `${manifest.name} ${manifest.version}: ${Math.round(bytes / 1000)} kB packed, ${paths.length} files`,
  );
}
const commands = packed.map(({ tarball }) => ['publish', relative(ROOT, tarball), '--access', 'public']);
if (flags.includes('--publish')) commands.forEach((args) => console.log(npm(ROOT, args)));
else
  console.log(
    `To publish:\n${[...commands.map((args) => `npm ${args.join(' ')}`), tagCommand()].join('\n')}`,
  );

function step(name, problems) {
  if (problems.length > 0) fail(`${name}:\n${problems.join('\n')}`);
  console.log(`${name}: passed`);
}

function dryRunProblems() {
  const changelog = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8');
  if ((changesOf(changelog, version) ?? changesOf(changelog, 'Unreleased')) !== null) return [];
  return [`CHANGELOG.md has no changes under [${version}] or [Unreleased]`];
}

function releaseProblems() {
  const changelog = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8');
  const published = packages.filter(({ manifest }) => isPublished(manifest));
  return [
    ...(changesOf(changelog, version) === null ? [`CHANGELOG.md has no section [${version}]`] : []),
    ...(git('status', '--porcelain') === '' ? [] : ['The working tree has changes that are not committed']),
    ...(git('tag', '--list', `v${version}`) === '' ? [] : [`The tag v${version} exists`]),
    ...published.map(({ manifest }) => `${manifest.name} ${manifest.version} has been published`),
  ];
}

/** Returns true if the registry has this version. It answers with an error if it does not know the package at all. */
function isPublished({ name, version }) {
  const { stdout } = spawnSync('npm', ['view', `${name}@${version}`, 'version'], { encoding: 'utf8' });
  return stdout.trim() === version;
}

function buildProblems({ folder, manifest }) {
  return build(relative(join(ROOT, 'libs'), folder)) ? [] : [`${manifest.name} cannot be built`];
}

function pack({ folder, manifest }) {
  const [{ filename, files, size }] = JSON.parse(
    npm(folder, ['pack', '--json', '--pack-destination', TARBALLS]),
  );
  return { manifest, tarball: join(TARBALLS, filename), paths: files.map(({ path }) => path), bytes: size };
}

function lintProblems({ manifest, tarball }) {
  const { stdout, stderr } = spawnSync(process.execPath, [LINT, tarball], { encoding: 'utf8' });
  if (stdout === '') return [stderr];
  const { publint, types } = JSON.parse(stdout);
  // A package that is a program has no types.
  return [...publint, ...(types || []).map((problem) => JSON.stringify(problem))].map(
    (problem) => `${manifest.name}: ${problem}`,
  );
}

function tagCommand() {
  return `git tag v${version} && git push origin v${version}`;
}

function git(...args) {
  return spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' }).stdout.trim();
}
