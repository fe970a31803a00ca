// Nest 12 is ESM, so the tests are too: run jest with NODE_OPTIONS=--experimental-vm-modules.
// `npm test` (scripts/test.mjs) sets that, builds what the end-to-end tests start and finds Redis.

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
    '^nestjs-redis-session/express$': '<rootDir>/libs/session/src/express.ts',
    '^nestjs-redis-session/testing$': '<rootDir>/libs/session/src/testing/index.ts',
    // The sources name their neighbours as they are after the build: './token.js' is ./token.ts here. The same pattern meets
    // the files of packages, which stay what they are.
    '^(\\.{1,2}/.*)\\.js$': ['$1.ts', '$1.js'],
  },
};

/** Only tests of more than one part need a Redis. */
const redis = {
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
};

/** @type {import('jest').Config} */
export default {
  maxWorkers: 2,
  testSequencer: '<rootDir>/test/support/sequencer.mjs',
  // Real servers on a busy machine take their time; what hangs is still found.
  testTimeout: 30_000,
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/libs/session/src/**/*.spec.ts'] },
    {
      ...shared,
      ...redis,
      displayName: 'e2e',
      // test/ecosystem needs packages of its own: `npm run test:ecosystem`.
      testMatch: ['<rootDir>/test/**/*.spec.ts', '!**/test/ecosystem/**'],
    },
  ],
};
