import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import semver from 'semver';

const ROOT = join(import.meta.dirname, '../..');

interface Manifest {
  readonly version?: string;
  readonly engines?: { readonly node?: string };
}

function json<T>(path: string): T {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as T;
}

describe('the oldest Node', () => {
  const { engines } = json<Manifest>('package.json');
  const oldest = semver.minVersion(engines?.node as string)?.version as string;

  it('every package of this repository requires the same Node', () => {
    for (const path of [
      'libs/session/package.json',
      'libs/cli/package.json',
      'apps/demo/package.json',
      'bench/package.json',
      'site/package.json',
    ]) {
      expect(json<Manifest>(path).engines).toEqual(engines);
    }
  });

  it('every locked package supports the oldest Node, so that npm install prints no warnings', () => {
    const { packages } = json<{ packages: Readonly<Record<string, Manifest>> }>('package-lock.json');
    const tooNew = Object.entries(packages)
      .filter(([, { engines }]) => !semver.satisfies(oldest, engines?.node ?? '*'))
      .map(([path, { version, engines }]) => `${path} ${version} needs Node ${engines?.node}`);
    expect(Object.keys(packages).length).toBeGreaterThan(100);
    expect(tooNew).toEqual([]);
  });
});
