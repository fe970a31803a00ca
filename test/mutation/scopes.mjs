/**
 * Scopes of `npm run test:mutation -- <scope>`: the mutated code, and the tests that should fail. Those are the specs next to
 * the code and, for a folder that is tested from outside, the fastest of its suites. A mutant that only a slower suite would
 * detect counts as a survivor; `docs/reports/mutation-testing.md` lists these.
 */
const UNIT = 'libs/session/src/**/*.spec.ts';

export const SCOPES = {
  // Loading the specs of all folders would double the time of each mutant.
  core: {
    mutate: 'libs/session/src/core/**/*.ts',
    testMatch: ['libs/session/src/{core,memory}/**/*.spec.ts'],
  },
  cache: { mutate: 'libs/session/src/cache/**/*.ts', testMatch: [UNIT] },
  http: { mutate: 'libs/session/src/http/**/*.ts', testMatch: [UNIT, 'test/http/!(cookie-fuzz).spec.ts'] },
  redis: {
    mutate: 'libs/session/src/redis/**/*.ts',
    testMatch: [UNIT, 'test/store/redis-*.spec.ts', 'test/resilience/*.spec.ts'],
  },
};
