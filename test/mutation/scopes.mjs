/** Scopes of `npm run test:mutation -- <scope>`: the mutated code. */
export const SCOPES = {
  core: 'libs/session/src/core/**/*.ts',
  http: 'libs/session/src/http/**/*.ts',
  redis: 'libs/session/src/redis/**/*.ts',
  cache: 'libs/session/src/cache/**/*.ts',
};

/**
 * The tests that should fail: the unit tests of all folders but one, because those of the conformance suite take seconds. A
 * mutant that only another suite detects counts as a survivor; `docs/reports/mutation-testing.md` explains these.
 */
export const SPECS = 'libs/session/src/!(testing)/**/*.spec.ts';
