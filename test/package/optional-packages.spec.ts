import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pack, PACKAGE } from './support/packed.js';
import { Project, ROOT } from './support/project.js';

const MINUTES = 60_000;
const PROGRAM = 'test/package/fixture/optional.mjs';
const REDIS_URL = process.env['TEST_REDIS_URL'] as string;
const BUILDS = [['esm'], ['cjs']];

interface Start {
  /** `started`, or the message of the error. */
  readonly outcome: string;
  /** The optional packages that the process has loaded. */
  readonly loaded: readonly string[];
}

function start(program: string, entry: string, options: object): Start {
  const env = { ...process.env, NODE_OPTIONS: '' };
  const args = [program, entry, JSON.stringify(options)];
  const { stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Start;
}

describe.each(BUILDS)('with all packages installed, the %s build', (build) => {
  const startWith = (options: object) =>
    start(join(ROOT, PROGRAM), join(PACKAGE, `dist/${build}/index.js`), options);

  it.each<[string, object, string[]]>([
    ['no optional package for the memory store', { store: 'memory' }, []],
    ['ioredis for Redis', { redis: REDIS_URL }, ['ioredis']],
    [
      'class-validator and class-transformer for a data class',
      { store: 'memory', data: { class: true } },
      ['class-transformer', 'class-validator'],
    ],
    [
      '@opentelemetry/api for OpenTelemetry',
      { store: 'memory', telemetry: 'openTelemetry' },
      ['@opentelemetry/api'],
    ],
    [
      'prom-client, which depends on @opentelemetry/api, for Prometheus',
      { store: 'memory', telemetry: 'prometheus' },
      ['@opentelemetry/api', 'prom-client'],
    ],
  ])('the package loads %s', (_what, options, loaded) => {
    expect(startWith(options)).toEqual({ outcome: 'started', loaded });
  });
});

describe('without the optional packages', () => {
  const project = new Project();

  beforeAll(() => {
    const { tarball } = pack(project.folder);
    project.install({
      'nestjs-redis-session': `file:${tarball}`,
      '@nestjs/common': '12',
      '@nestjs/core': '12',
      'reflect-metadata': '0.2',
      rxjs: '7',
    });
    project.copy(PROGRAM, 'optional.mjs');
  }, 5 * MINUTES);

  afterAll(() => project.remove());

  describe.each(BUILDS)('the %s build', (build) => {
    const startWith = (options: object) =>
      start(
        join(project.folder, 'optional.mjs'),
        join(project.folder, `node_modules/nestjs-redis-session/dist/${build}/index.js`),
        options,
      ).outcome;

    it('the package starts with the memory store', () => {
      expect(startWith({ store: 'memory' })).toBe('started');
    });

    it('the error says how to install ioredis if sessions are in Redis', () => {
      expect(startWith({ redis: 'redis://127.0.0.1:6379' })).toBe(
        'redis: expected the package ioredis, which is not installed. Run "npm install ioredis".',
      );
    });

    it.each([
      ['openTelemetry', '@opentelemetry/api'],
      ['prometheus', 'prom-client'],
    ])('the error says how to install the package of %s()', (telemetry, name) => {
      expect(startWith({ store: 'memory', telemetry })).toBe(
        `telemetry: expected the package ${name}, which is not installed. Run "npm install ${name}".`,
      );
    });

    it('the error says how to install class-validator for a data class, and lists other wrong options', () => {
      const message = startWith({ store: 'memory', data: { class: true }, idle: 'soon' });
      expect(message).toMatch(
        /- data\.class: expected the package class-\w+, which is not installed\. Run "npm install class-validator class-transformer"\./,
      );
      expect(message).toContain('- idle: expected');
    });
  });
});
