/**
 * What `npm run test:mutation -- <scope>` mutates, and the tests that should notice: those next to the code, and where a
 * folder is tested from outside, the fastest of the suites that hold it. A mutant that only a slower suite would notice
 * counts as a survivor here; `docs/reports/mutation-testing.md` says which these are.
 */
const UNIT = 'libs/session/src/**/*.spec.ts';

export const SCOPES = {
  core: { mutate: 'libs/session/src/core/**/*.ts', testMatch: [UNIT] },
  cache: { mutate: 'libs/session/src/cache/**/*.ts', testMatch: [UNIT] },
  http: { mutate: 'libs/session/src/http/**/*.ts', testMatch: [UNIT, 'test/http/!(cookie-fuzz).spec.ts'] },
  redis: {
    mutate: 'libs/session/src/redis/**/*.ts',
    testMatch: [UNIT, 'test/store/redis-*.spec.ts', 'test/resilience/*.spec.ts'],
  },
};
