/** The unit tests of all folders but one: those of the conformance suite take seconds. */
const UNIT = 'libs/session/src/!(testing)/**/*.spec.ts';

const http = 'libs/session/src/http/**/*.ts';
const redis = 'libs/session/src/redis/**/*.ts';

/**
 * Scopes of `npm run test:mutation -- <scope>`: the mutated code, and the tests that should fail. `http-full` and `redis-full`
 * add the suites that test these folders from outside, and take many times as long. A mutant that only another suite detects
 * counts as a survivor; `docs/reports/mutation-testing.md` explains these.
 */
export const SCOPES = {
  core: { mutate: 'libs/session/src/core/**/*.ts', specs: [UNIT] },
  cache: { mutate: 'libs/session/src/cache/**/*.ts', specs: [UNIT] },
  http: { mutate: http, specs: [UNIT] },
  'http-full': { mutate: http, specs: [UNIT, 'test/http/!(cookie-fuzz).spec.ts'] },
  redis: { mutate: redis, specs: [UNIT] },
  'redis-full': { mutate: redis, specs: [UNIT, 'test/store/redis-*.spec.ts', 'test/resilience/*.spec.ts'] },
};

/** The scopes that run if none is named: each folder once, with the unit tests. */
export const ALL = {
  mutate: Object.entries(SCOPES)
    .filter(([name]) => !name.endsWith('-full'))
    .map(([, { mutate }]) => mutate),
  specs: [UNIT],
};
