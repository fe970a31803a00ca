// Nest 12 is ESM, so the tests are too: run jest with NODE_OPTIONS=--experimental-vm-modules.
// `npm test` (scripts/test.mjs) sets that, builds what the end-to-end tests start and finds Redis.
// Each project is a tier of test/tiers.mjs; `ioredis5` repeats some tests of two of them with the older client.
import { CLIENT_DEPENDENT, E2E, EXTENDED, SQLITE_STORE, UNIT } from './test/tiers.mjs';

/** @type {import('@swc/core').Config} */
const swc = {
  swcrc: false,
  sourceMaps: 'inline',
  module: { type: 'es6' },
  jsc: {
    target: 'es2022',
    keepClassNames: true,
    parser: { syntax: 'typescript', decorators: true },
    transform: {
      legacyDecorator: true,
      decoratorMetadata: true,
      useDefineForClassFields: true,
      verbatimModuleSyntax: true,
    },
  },
};

/** @type {import('jest').Config} */
const shared = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts', '.lua'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json', 'node'],
  modulePathIgnorePatterns: ['/dist/'],
  transform: {
    '\\.ts$': ['@swc/jest', swc],
    '\\.lua$': '<rootDir>/test/support/lua-transform.mjs',
  },
  moduleNameMapper: {
    '^nestjs-redis-session$': '<rootDir>/libs/session/src/index.ts',
    '^nestjs-redis-session/core$': '<rootDir>/libs/session/src/core/index.ts',
    '^nestjs-redis-session/express$': '<rootDir>/libs/session/src/express.ts',
    '^nestjs-redis-session/redis$': '<rootDir>/libs/session/src/redis/index.ts',
    '^nestjs-redis-session/telemetry$': '<rootDir>/libs/session/src/telemetry/index.ts',
    '^nestjs-redis-session/testing$': '<rootDir>/libs/session/src/testing/index.ts',
    // Sources import the names of the build: './token.js' is ./token.ts here. The pattern also matches files of packages,
    // which have the second form.
    '^(\\.{1,2}/.*)\\.js$': ['$1.ts', '$1.js'],
  },
};

/** Settings of the tests in `test/`, which share a Redis. */
const withRedis = {
  ...shared,
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
};

const specsIn = (folder) => `<rootDir>/${folder}/**/*.spec.ts`;

/** @type {import('jest').Config} */
export default {
  maxWorkers: 2,
  reporters: ['default', '<rootDir>/test/support/evidence-reporter.mjs'],
  testSequencer: '<rootDir>/test/support/sequencer.mjs',
  // Real servers on a busy machine take their time; a test that hangs is still found.
  testTimeout: 30_000,
  projects: [
    { ...shared, displayName: 'unit', testMatch: UNIT.map(specsIn) },
    { ...withRedis, displayName: 'e2e', testMatch: E2E.map(specsIn) },
    { ...withRedis, displayName: 'extended', testMatch: EXTENDED.map(specsIn) },
    // Needs packages that `npm run test:sqlite-store` installs.
    { ...shared, displayName: 'sqlite-store', testMatch: [specsIn(SQLITE_STORE)] },
    {
      ...withRedis,
      displayName: 'ioredis5',
      moduleNameMapper: { '^ioredis$': 'ioredis5', ...shared.moduleNameMapper },
      testRegex: CLIENT_DEPENDENT.map((pattern) => `/${pattern}.*\\.spec\\.ts$`),
    },
  ],
};
