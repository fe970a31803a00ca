import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

describe('npm run test:unit', () => {
  it('needs no browser, no Redis and no build', () => {
    const args = ['scripts/test.mjs', '--selectProjects', 'unit', '--testPathPatterns', 'core/token'];
    // Without a PATH nothing is found, and nothing can be installed. A name that is no program is no browser.
    const env = { NODE_OPTIONS: '', PATH: '', CHROMIUM: '/nowhere' };
    const { status, stderr, stdout } = spawnSync(process.execPath, args, {
      cwd: ROOT,
      env,
      encoding: 'utf8',
    });
    expect(stderr).toMatch(/PASS unit .*core\/token\.spec\.ts/);
    expect(stderr + stdout).not.toMatch(/Building|Installing/);
    expect(status).toBe(0);
  });
});
