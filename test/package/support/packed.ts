import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { npm, ROOT } from './project.js';

export const PACKAGE = join(ROOT, 'libs/session');
const LINT = join(ROOT, 'scripts/lint-package.mjs');

/** The package in the form in which it is published. */
export interface Packed {
  readonly tarball: string;
  readonly paths: readonly string[];
  readonly bytes: number;
  readonly installedBytes: number;
}

/** Packs a package of the workspace into a folder; by default the library. */
export function pack(folder: string, from = PACKAGE): Packed {
  if (!existsSync(join(from, 'dist'))) throw new Error('Build it first: npm run build');
  const [packed] = JSON.parse(npm(from, ['pack', '--json', '--pack-destination', folder])) as [
    { filename: string; files: readonly { path: string }[]; size: number; unpackedSize: number },
  ];
  return {
    tarball: join(folder, packed.filename),
    paths: packed.files.map(({ path }) => path),
    bytes: packed.size,
    installedBytes: packed.unpackedSize,
  };
}

/** Returns the findings of package-checking tools. */
export function lint(tarball: string): { publint: string[]; types: object[]; entries: string[] } {
  const env = { ...process.env, NODE_OPTIONS: '' };
  const { stdout, stderr } = spawnSync(process.execPath, [LINT, tarball], { encoding: 'utf8', env });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as ReturnType<typeof lint>;
}
