import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, Client, Sightings } from '../support/client.js';
import { freePort } from '../support/redis-server.js';
import { npm, Project, ROOT, type RunningProgram } from './support/project.js';

const PACKAGE = join(ROOT, 'libs/session');
const REDIS_URL = process.env['TEST_REDIS_URL'] as string;
const MINUTES = 60_000;

/** Tries again at 503, as `Retry-After` asks: on a busy machine the quarter of a second that Redis has may be over. */
async function patiently(send: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await send();
    if (answer.status !== 503 || attempt === 5) return answer;
    await delay(1000);
  }
}

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

const pack = new Project();
let packed: Packed;
let running: RunningProgram | undefined;

beforeAll(() => {
  if (!existsSync(join(PACKAGE, 'dist/esm/index.js')))
    throw new Error('Build it first: npm run build:session');
  [packed] = JSON.parse(npm(PACKAGE, ['pack', '--json', '--pack-destination', pack.folder])) as [Packed];
}, 2 * MINUTES);

afterEach(() => running?.stop());
afterAll(() => pack.remove());

describe('the package', () => {
  const paths = () => packed.files.map(({ path }) => path);

  it('has its papers', () => {
    expect(paths()).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
  });

  it('has what is built and nothing else: no sources, no tests', () => {
    const rest = paths().filter((path) => !/^dist\/(esm|cjs)\/[\w./-]+\.(js|js\.map|d\.ts)$/.test(path));
    expect(rest.sort()).toEqual(['LICENSE', 'README.md', 'dist/cjs/package.json', 'package.json']);
    expect(paths().filter((path) => /\.(spec|type-test)\./.test(path))).toEqual([]);
  });

  it.each(['esm', 'cjs'])('has every Lua script within its %s code', (folder) => {
    const code = readFileSync(join(PACKAGE, 'dist', folder, 'index.js'), 'utf8').replaceAll('\\n', '\n');
    for (const script of readdirSync(join(PACKAGE, 'src/redis/scripts'))) {
      const [, body] =
        /^([^"\\`]{40,})/.exec(readFileSync(join(PACKAGE, 'src/redis/scripts', script), 'utf8')) ?? [];
      expect(code).toContain(body);
    }
  });

  it('reads no file at run time, so that it can be bundled', () => {
    for (const path of paths().filter((path) => path.endsWith('.js'))) {
      const code = readFileSync(join(PACKAGE, path), 'utf8');
      expect(code).not.toMatch(/import\.meta|__dirname|__filename|node:fs/);
    }
  });

  it('has types that keep their comments, and maps that name no file of this machine', () => {
    expect(readFileSync(join(PACKAGE, 'dist/esm/session.options.d.ts'), 'utf8')).toContain('@defaultValue');
    for (const path of paths().filter((path) => path.endsWith('.map'))) {
      const { sources } = JSON.parse(readFileSync(join(PACKAGE, path), 'utf8')) as { sources: string[] };
      expect(sources.filter((source) => !/^(\.\.\/)+src\//.test(source) && !source.startsWith('\0'))).toEqual(
        [],
      );
    }
  });
});

describe.each([['12'], ['11']])('in an empty project with Nest %s', (major) => {
  const project = new Project();

  beforeAll(() => {
    project.install({
      'nestjs-redis-session': `file:${join(pack.folder, packed.filename)}`,
      '@nestjs/common': major,
      '@nestjs/core': major,
      '@nestjs/platform-express': major,
      '@types/node': '20',
      'class-transformer': '0.5',
      'class-validator': '0.15',
      ioredis: '6',
      'reflect-metadata': '0.2',
      rxjs: '7',
    });
    for (const [folder, type] of [
      ['esm', 'module'],
      ['cjs', 'commonjs'],
    ] as const) {
      project.write(`${folder}/package.json`, { type });
      project.copy('test/package/fixture/app.ts', `${folder}/app.ts`);
    }
    project.copy('docs/examples/quick-start.ts', 'esm/quick-start.ts');
  }, 5 * MINUTES);

  afterAll(() => project.remove());

  async function start(file: string): Promise<Client> {
    const port = await freePort();
    const env = { PORT: String(port), REDIS_URL, PREFIX: `test:${randomUUID()}:` };
    running = project.run(file, env);
    await running.listens(port);
    return new Client({ host: '127.0.0.1', port }, new Sightings());
  }

  async function signIn(client: Client): Promise<void> {
    expect((await patiently(() => client.get('/me'))).body).toMatchObject({ reason: 'anonymous' });
    const answer = await patiently(() => client.post('/login', { name: 'alice', password: 'secret' }));
    expect(answer).toMatchObject({ status: 201, body: { userId: 'alice' } });
    expect((await patiently(() => client.get('/me'))).body).toMatchObject({ id: 'alice' });
  }

  it('it is that Nest', () => {
    expect(project.versionOf('@nestjs/core').split('.')[0]).toBe(major);
  });

  it(
    'its types are right in ES modules and in CommonJS, those of its dependencies included',
    () => expect(project.compile()).toBe(''),
    2 * MINUTES,
  );

  it.each(['esm', 'cjs'])(
    'an application of %s signs a user in',
    async (folder) => {
      const client = await start(`${folder}/app.js`);
      await signIn(client);
      expect((await client.post('/path')).body).toEqual(['step']);
      const [facts] = /^\{.*\}$/m.exec(running?.output ?? '') ?? ['{}'];
      expect(JSON.parse(facts)).toEqual({
        sessionId: expect.stringMatching(/^[\w-]{25}$/) as string,
        isOneCopy: true,
        cases: expect.any(Number) as number,
      });
    },
    MINUTES,
  );

  it(
    'the quick start of the README signs a user in',
    async () => {
      await signIn(await start('esm/quick-start.js'));
    },
    MINUTES,
  );
});
