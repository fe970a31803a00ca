import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lint, pack, PACKAGE, type Packed } from './support/packed.js';
import { Project } from './support/project.js';

const MINUTES = 60_000;

const project = new Project();
let packed: Packed;

beforeAll(() => {
  packed = pack(project.folder);
}, 2 * MINUTES);

afterAll(() => project.remove());

function read(path: string): string {
  return readFileSync(join(PACKAGE, path), 'utf8');
}

describe('the package', () => {
  it('the package contains its license, readme and manifest', () => {
    expect(packed.paths).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
  });

  it('the package contains the build and neither sources nor tests', () => {
    const rest = packed.paths.filter((path) => !/^dist\/(esm|cjs)\/[\w./-]+\.(js|d\.ts)$/.test(path));
    expect(rest.sort()).toEqual(['LICENSE', 'README.md', 'dist/cjs/package.json', 'package.json']);
    expect(packed.paths.filter((path) => /\.(spec|type-test)\./.test(path))).toEqual([]);
  });

  it('the package stays below 450 kB, and 2.2 MB when installed', () => {
    expect(packed.bytes).toBeLessThan(450_000);
    expect(packed.installedBytes).toBeLessThan(2_200_000);
  });

  it.each(['esm', 'cjs'])('the %s code contains every Lua script', (folder) => {
    const files = packed.paths.filter((path) => path.startsWith(`dist/${folder}/`) && path.endsWith('.js'));
    const code = files.map(read).join('\n').replaceAll('\\n', '\n');
    for (const script of readdirSync(join(PACKAGE, 'src/redis/scripts'))) {
      const [, beginning] = /^([^"\\`]{40,})/.exec(read(`src/redis/scripts/${script}`)) ?? [];
      expect(code).toContain(beginning);
    }
  });

  it.each(['esm', 'cjs'])('the %s code of core and redis imports no Nest', (folder) => {
    const files = ['core/index.js', 'redis/index.js', 'shared.js'].map((path) => `dist/${folder}/${path}`);
    expect(packed.paths).toEqual(expect.arrayContaining(files));
    for (const path of files) expect(read(path)).not.toMatch(/["'](?:@nestjs\/|rxjs)|["'].*\/nest\.js["']/);
  });

  it('the code reads no file at run time, so it can be bundled', () => {
    for (const path of packed.paths.filter((path) => path.endsWith('.js'))) {
      expect(read(path)).not.toMatch(/import\.meta|__dirname|__filename|node:fs/);
    }
  });

  it('the code runs in strict mode in both module systems', () => {
    const commonJs = packed.paths.filter((path) => /^dist\/cjs\/.*\.js$/.test(path));
    expect(commonJs.length).toBeGreaterThan(0);
    for (const path of commonJs) expect(read(path)).toMatch(/^"use strict";\n/);
  });

  it('leaves internal members out of the types', () => {
    const store = read('dist/esm/redis/redis.store.d.ts');
    expect(store).toContain('class RedisStore');
    expect(store).not.toMatch(/Meter|RedisCaller|track\(/);
    const cache = read('dist/esm/cache/session-cache.d.ts');
    expect(cache).toContain('class SessionCache');
    expect(cache).not.toMatch(/\b(open|over|off|close)\(/);
  });

  it('the types keep their comments', () => {
    for (const folder of ['esm', 'cjs']) {
      expect(read(`dist/${folder}/options/session-module-options.d.ts`)).toContain('@defaultValue');
    }
  });

  it(
    'publint and "Are the types wrong?" find no problem under any module resolution',
    () => {
      expect(lint(packed.tarball)).toEqual({
        publint: [],
        types: [],
        entries: ['.', './core', './express', './redis', './telemetry', './testing', './package.json'],
      });
    },
    MINUTES,
  );
});
