import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { nodeProgram } from '../../scripts/nodes.mjs';
import { type Answer, Client, Sightings } from '../support/client.js';
import { freePort } from '../support/redis-server.js';
import {
  bundle,
  BUNDLERS,
  compileUnder,
  JESTS,
  OLD_SCAFFOLD,
  RESOLUTIONS,
  runJest,
  runVitest,
} from './support/applications.js';
import { pack } from './support/packed.js';
import { Project, type RunningProgram } from './support/project.js';

const REDIS_URL = process.env['TEST_REDIS_URL'] as string;
const MINUTES = 60_000;

const THIS_NODE = process.versions.node;
/** Further versions of Node to test, such as `TEST_NODES='22 24'`. If set, all bundlers are tested, too. */
const OTHER_NODES = process.env['TEST_NODES']?.split(' ');
const IS_WIDE = OTHER_NODES !== undefined;
const NODES = [THIS_NODE, ...(OTHER_NODES ?? [])].map((version) => [version] as const);
/** Compiler for the tests of a CommonJS application by default; the wide run tries the others. */
const JEST_OF_SCAFFOLD = 'ts-jest';

/** Packages of each project, with the test runner that its major version of Nest brings. */
const PACKAGES = {
  '@types/express': '5',
  '@types/express-session': '1',
  '@types/node': '20',
  '@types/supertest': '7',
  'class-transformer': '0.5',
  'class-validator': '0.15',
  ioredis: '6',
  'reflect-metadata': '0.2',
  rxjs: '7',
  supertest: '7',
};
const RUNNERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  11: { '@types/jest': '30', jest: '30', 'ts-jest': '29', typescript: '5.9' },
  12: { vitest: '4' },
};
const BUNDLER_PACKAGES = { '@swc/core': '1.16.18', '@swc/jest': '0.2', esbuild: '0.28', webpack: '5' };

/** Repeats a request after a 503, as `Retry-After` requests: on a busy machine, Redis may exceed its timeout of 250 ms. */
async function patiently(send: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await send();
    if (answer.status !== 503 || attempt === 5) return answer;
    await delay(1000);
  }
}

function environment(): Record<string, string> {
  return { REDIS_URL, PREFIX: `test:${randomUUID()}:` };
}

const packed = new Project();
let tarball: string;
let running: RunningProgram | undefined;

beforeAll(() => {
  ({ tarball } = pack(packed.folder));
}, 2 * MINUTES);

afterEach(() => running?.stop());
afterAll(() => packed.remove());

describe.each([['12'], ['11']])('in an empty project with Nest %s', (major) => {
  const project = new Project();
  let compilerErrors: string;

  beforeAll(() => {
    project.install({
      'nestjs-redis-session': `file:${tarball}`,
      '@nestjs/common': major,
      '@nestjs/core': major,
      '@nestjs/platform-express': major,
      '@nestjs/testing': major,
      ...PACKAGES,
      ...RUNNERS[major],
      ...(IS_WIDE && major === '11' && BUNDLER_PACKAGES),
    });
    for (const [folder, type] of [
      ['esm', 'module'],
      ['cjs', 'commonjs'],
    ] as const) {
      project.write(`${folder}/package.json`, { type });
      project.copy('test/package/fixture/app.ts', `${folder}/app.ts`);
      project.copy('test/package/fixture/migrating.ts', `${folder}/migrating.ts`);
    }
    for (const file of ['main.ts', 'app.module.ts', 'auth.controller.ts']) {
      project.copy(`docs/examples/quick-start/${file}`, `esm/quick-start/${file}`);
    }
    compilerErrors = project.compile(['esm', 'cjs'], { module: 'nodenext' });
  }, 5 * MINUTES);

  afterAll(() => project.remove());

  async function start(file: string, node: string): Promise<Client> {
    const port = await freePort();
    running = project.run(file, { PORT: String(port), ...environment() }, nodeProgram(node));
    await running.listens(port);
    return new Client({ host: '127.0.0.1', port }, new Sightings());
  }

  async function signIn(client: Client): Promise<void> {
    expect((await patiently(() => client.get('/me'))).body).toMatchObject({ reason: 'anonymous' });
    const answer = await patiently(() => client.post('/login', { name: 'alice', password: 'secret' }));
    expect(answer).toMatchObject({ status: 201, body: { userId: 'alice' } });
    expect((await patiently(() => client.get('/me'))).body).toMatchObject({ id: 'alice' });
  }

  if (!IS_WIDE) {
    it('npm installs that version of Nest', () => {
      expect(project.versionOf('@nestjs/core').split('.')[0]).toBe(major);
    });

    it('the types of the package compile in ES modules and in CommonJS, beside those of express-session', () => {
      expect(compilerErrors).toBe('');
    });
  }

  describe.each(NODES)('on Node %s', (node) => {
    const isNew = !IS_WIDE || node !== THIS_NODE;
    const applications = [
      ['an ES module', 'esm/app.js'],
      ['a CommonJS module', 'cjs/app.js'],
    ] as const;

    if (isNew) {
      it.each(applications)(
        'an application that is %s signs a user in',
        async (_format, file) => {
          const client = await start(file, node);
          await signIn(client);
          expect((await client.post('/path')).body).toEqual(['step']);
          const [facts] = /^\{.*\}$/m.exec(running?.output ?? '') ?? ['{}'];
          expect(JSON.parse(facts)).toEqual({
            sessionId: expect.stringMatching(/^[\w-]{25}$/) as string,
            isOneCopy: true,
            cases: expect.any(Number) as number,
          });
          expect(running?.output).not.toContain('Warning');
        },
        MINUTES,
      );

      it(
        'the quick start of the README signs a user in',
        async () => {
          await signIn(await start('esm/quick-start/main.js', node));
        },
        MINUTES,
      );
    }

    if (major === '12' && isNew) {
      it(
        'Vitest runs the tests of an application of ES modules',
        () => expect(runVitest(project, nodeProgram(node), environment())).toMatch(/Tests +3 passed \(3\)/),
        2 * MINUTES,
      );
    }

    for (const name of major === '11' ? Object.keys(JESTS) : []) {
      if (name === JEST_OF_SCAFFOLD ? !isNew : !IS_WIDE) continue;
      it(
        `Jest with ${name} runs the tests of a CommonJS application, without flags`,
        () => {
          const output = runJest(project, name, nodeProgram(node), environment());
          expect(output).toMatch(/Tests: +3 passed, 3 total/);
        },
        2 * MINUTES,
      );
    }
  });

  if (major === '11') {
    it.each(Object.keys(RESOLUTIONS).filter((name) => (name === OLD_SCAFFOLD) !== IS_WIDE))(
      'TypeScript finds the types of the package under %s',
      (name) => expect(compileUnder(project, name)).toBe(''),
      2 * MINUTES,
    );
  }

  if (IS_WIDE && major === '11') {
    it.each(BUNDLERS)(
      'an application that %s put into one file signs a user in',
      async (bundler) => {
        bundle(project, bundler, 'cjs/app.js', 'bundle/app.cjs');
        await signIn(await start('bundle/app.cjs', THIS_NODE));
      },
      2 * MINUTES,
    );
  }
});
