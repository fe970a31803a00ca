import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CLIENT_DEPENDENT, E2E, EXTENDED, NODE_DEPENDENT, OTHERS } from '../tiers.mjs';

const ROOT = join(import.meta.dirname, '../..');

/** Returns the paths of the specs below a folder, relative to the root. */
function specsIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.spec.ts'))
    .map((name) => `${folder}/${name}`);
}

describe('the tiers', () => {
  it('the tiers name every folder of test/ and examples/ once', () => {
    const folders = ['test', 'examples'].flatMap((root) =>
      readdirSync(join(ROOT, root), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => `${root}/${name}`),
    );
    expect([...E2E, ...EXTENDED, ...OTHERS].sort()).toEqual(folders.sort());
  });

  it('leave no spec outside of a folder', () => {
    const names = readdirSync(join(ROOT, 'test')).filter((name) => name.endsWith('.spec.ts'));
    expect(names).toEqual([]);
  });

  it.each([...CLIENT_DEPENDENT, ...NODE_DEPENDENT])('a spec exists for each name in %s', (pattern) => {
    const specs = [...specsIn('test'), ...specsIn('libs/session/src')];
    const [, prefix = pattern, names = '', rest = ''] = /^(.*)\((.*)\)(.*)$/.exec(pattern) ?? [];
    const without = names
      .split('|')
      .filter((name) => !specs.some((path) => path.startsWith(`${prefix}${name}${rest}`)));
    expect(without).toEqual([]);
  });
});

describe('npm run test:unit', () => {
  it('needs no browser, no Redis and no build', () => {
    const args = ['scripts/test.mjs', '--selectProjects', 'unit', '--testPathPatterns', 'core/record/token'];
    // Without a PATH no program is found, and none can be installed. A name that is no program is no browser.
    const env = { NODE_OPTIONS: '', PATH: '', CHROMIUM: '/nowhere' };
    const { status, stderr, stdout } = spawnSync(process.execPath, args, {
      cwd: ROOT,
      env,
      encoding: 'utf8',
    });
    expect(stderr).toMatch(/PASS unit .*core\/record\/token\.spec\.ts/);
    expect(stderr + stdout).not.toMatch(/Building|Installing/);
    expect(status).toBe(0);
  });
});
