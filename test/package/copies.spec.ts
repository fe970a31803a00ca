import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE } from './support/packed.js';
import { ROOT } from './support/project.js';

const { version: VERSION } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as {
  readonly version: string;
};
const PROGRAM = join(ROOT, 'test/package/fixture/copies.mjs');
const DIST = join(PACKAGE, 'dist');
const [esm, cjs] = ['esm', 'cjs'].map((folder) => join(DIST, folder)) as [string, string];

/** Runs an application whose module comes from one copy, and whose controller uses another. */
function run(own: string, other: string) {
  const entries = ['index.js', 'testing/index.js'].flatMap((file) => [join(own, file), join(other, file)]);
  const env = { ...process.env, NODE_OPTIONS: '' };
  return spawnSync(process.execPath, [PROGRAM, ...entries], { cwd: ROOT, env, encoding: 'utf8' });
}

/** Installs the package a second time, as package managers do, in a place with the same dependencies. */
function installAgain(version = VERSION): string {
  const folder = mkdtempSync(join(PACKAGE, 'node_modules/copy-'));
  folders.push(folder);
  cpSync(esm, join(folder, 'esm'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const file of readdirSync(join(folder, 'esm')).filter((name) => name.endsWith('.js'))) {
    const path = join(folder, 'esm', file);
    writeFileSync(path, readFileSync(path, 'utf8').replace(`= "${VERSION}"`, `= "${version}"`));
  }
  return join(folder, 'esm');
}

const folders: string[] = [];

afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

describe('one copy of the package', () => {
  it('import and require() load one copy of the package', () => {
    const program = `
      const required = require('nestjs-redis-session');
      import('nestjs-redis-session').then((imported) => {
        console.log(required.SessionService === imported.SessionService);
      });`;
    const env = { ...process.env, NODE_OPTIONS: '' };
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], {
      cwd: ROOT,
      env,
      encoding: 'utf8',
    });
    expect([stdout, stderr]).toEqual(['true\n', '']);
  });
});

describe('two copies of the package in one process', () => {
  it.each([
    ['an ES module, beside CommonJS', () => [esm, cjs]],
    ['CommonJS, beside an ES module', () => [cjs, esm]],
    ['installed twice', () => [esm, installAgain()]],
  ])('two copies work as one if the module is %s', (_name, copies) => {
    const [own, other] = copies() as [string, string];
    const { stdout, stderr } = run(own, other);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      areTwoCopies: true,
      isSame: ['SessionService', 'SessionEvents', 'SessionHealth', 'SessionCache', 'SESSION_STORE'],
      anonymous: [401],
      signedIn: [200, { id: 'alice', visits: 1 }],
      strict: [200],
      failing: [409],
      helper: [200, { id: 'bob', visits: 1 }],
    });
  });

  it('two versions in one process stop the start with an error that names both locations', () => {
    const copy = installAgain('9.9.9');
    const { status, stderr } = run(esm, copy);
    expect(status).not.toBe(0);
    expect(stderr).toContain(`expected one version in a process, received ${VERSION} (`);
    expect(stderr).toContain(`${join(DIST, 'esm/index.js')}) and 9.9.9 (`);
    expect(stderr).toContain(`${join(copy, 'index.js')}). A guard or a service`);
  });
});

describe('the version', () => {
  it('the exported version is that of package.json', () => {
    const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(VERSION).toBe(version);
  });

  it('the classes keep their names in the bundle', async () => {
    const exported = (await import(join(esm, 'index.js'))) as Record<string, unknown>;
    const classes = Object.entries(exported).filter(
      (entry): entry is [string, { name: string }] =>
        typeof entry[1] === 'function' && /^class/.test(String(entry[1])),
    );
    expect(classes.length).toBeGreaterThan(10);
    for (const [name, type] of classes) expect(type.name).toBe(name);
  });
});
