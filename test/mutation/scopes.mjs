/**
 * Scopes of `npm run test:mutation -- <scope>`: the mutated code, and the tests that should fail. Loading the specs of all
 * folders would double the time of each mutant, so a scope runs the specs of its folder and of the folders that use it most.
 * `http-full` and `redis-full` add the suites that test these folders from outside, and take many times as long. A mutant that
 * only another suite detects counts as a survivor; `docs/reports/mutation-testing.md` explains these.
 */
const specsOf = (folders) => `libs/session/src/${folders}/**/*.spec.ts`;

const http = 'libs/session/src/http/**/*.ts';
const redis = 'libs/session/src/redis/**/*.ts';

export const SCOPES = {
  core: { mutate: 'libs/session/src/core/**/*.ts', testMatch: [specsOf('{core,memory}')] },
  cache: { mutate: 'libs/session/src/cache/**/*.ts', testMatch: ['libs/session/src/**/*.spec.ts'] },
  http: { mutate: http, testMatch: [specsOf('{http,nest,passport}')] },
  'http-full': {
    mutate: http,
    testMatch: [specsOf('{http,nest,passport}'), 'test/http/!(cookie-fuzz).spec.ts'],
  },
  redis: { mutate: redis, testMatch: [specsOf('redis')] },
  'redis-full': {
    mutate: redis,
    testMatch: [specsOf('redis'), 'test/store/redis-*.spec.ts', 'test/resilience/*.spec.ts'],
  },
};
