import process from 'node:process';
import { SCOPES, SPECS } from './scopes.mjs';

const scope = process.env.MUTATION_SCOPE;
const mutated = scope ? [SCOPES[scope]] : Object.values(SCOPES);
const report = `reports/mutation/${scope || 'all'}`;

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  // Mocha loads the tests once and repeats them, so that a mutant takes milliseconds; Jest would load them for each mutant.
  testRunner: 'repeated-mocha',
  plugins: [import.meta.resolve('./mocha-runner.mjs')],
  mochaOptions: {
    require: ['./test/mutation/mocha-setup.mjs'],
    spec: [SPECS],
    'no-config': true,
    'no-package': true,
  },
  // Where Node could require() a test, Mocha would do so, and the hook that compiles TypeScript would not run.
  testRunnerNodeArgs: ['--no-experimental-require-module', '--disable-warning=ExperimentalWarning'],
  coverageAnalysis: 'perTest',
  mutate: [...mutated, '!**/*.spec.ts', '!**/*.d.ts'],
  // Static code runs while files are loaded, so each of its mutants takes a new process.
  ignoreStatic: process.env.MUTATION_STATIC !== 'yes',
  concurrency: 2,
  ignorePatterns: ['/apps', '/bench', '/reports', '/test/mutation/node_modules'],
  tsconfigFile: 'no-tsconfig-to-rewrite.json',
  disableTypeChecks: true,
  tempDirName: 'reports/stryker-tmp',
  incrementalFile: `${report}-incremental.json`,
  reporters: ['progress-append-only', 'json', 'html', 'clear-text'],
  jsonReporter: { fileName: `${report}.json` },
  htmlReporter: { fileName: `${report}.html` },
  clearTextReporter: { reportTests: false, reportMutants: false, allowEmojis: false },
  thresholds: { high: 90, low: 75, break: null },
  // Added to one and a half times what the tests take without a mutant.
  timeoutMS: 3_000,
};
