import process from 'node:process';
import { SCOPES } from './scopes.mjs';

const scope = process.env.MUTATION_SCOPE;

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  testRunner: 'jest',
  plugins: [import.meta.resolve('@stryker-mutator/jest-runner')],
  jest: { configFile: 'test/mutation/jest.config.mjs' },
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  coverageAnalysis: 'perTest',
  mutate: [SCOPES[scope].mutate, '!**/*.spec.ts', '!**/*.d.ts'],
  // Static initialisers run once for all tests of a file; mutating them costs a whole run each and finds little.
  ignoreStatic: true,
  ignorePatterns: ['/apps', '/bench', '/reports', '/test/mutation/node_modules'],
  tsconfigFile: 'no-tsconfig-to-rewrite.json',
  disableTypeChecks: true,
  tempDirName: 'reports/stryker-tmp',
  incrementalFile: `reports/mutation/${scope}-incremental.json`,
  reporters: ['progress-append-only', 'json', 'html', 'clear-text'],
  jsonReporter: { fileName: `reports/mutation/${scope}.json` },
  htmlReporter: { fileName: `reports/mutation/${scope}.html` },
  clearTextReporter: { reportTests: false, reportMutants: false, allowEmojis: false },
  thresholds: { high: 90, low: 75, break: null },
  timeoutMS: 5_000,
};
