import { join } from 'node:path';
import { pack, type Packed } from './support/packed.js';
import { Project, ROOT } from './support/project.js';

const MINUTES = 60_000;
const MAX_PACKED_BYTES = 120_000;
const CLI = join(ROOT, 'libs/cli');

const project = new Project();
let packed: Packed;

beforeAll(() => {
  packed = pack(project.folder, CLI);
  project.install({ 'nestjs-redis-session-cli': `file:${packed.tarball}` });
}, 5 * MINUTES);

afterAll(() => project.remove());

describe('the package of the command line', () => {
  it('the package contains one program, its license, readme and manifest', () => {
    expect([...packed.paths].sort()).toEqual(['LICENSE', 'README.md', 'dist/main.js', 'package.json']);
    expect(packed.bytes).toBeLessThan(MAX_PACKED_BYTES);
  });

  it('the installed command prints its version, without Nest among its packages', () => {
    const output = project.runToTheEnd('node_modules/nestjs-redis-session-cli/dist/main.js', ['--version']);
    expect(output.trim()).toBe(project.versionOf('nestjs-redis-session-cli'));
    for (const name of ['@nestjs/common', 'nestjs-redis-session']) {
      expect(() => project.versionOf(name)).toThrow('ENOENT');
    }
  });

  it('the installed command starts without a further package', () => {
    const output = project.runToTheEnd('node_modules/nestjs-redis-session-cli/dist/main.js', ['acl']);
    expect(output).toMatch(/^ACL SETUSER app reset on >PASSWORD ~session:\* /);
  });
});
