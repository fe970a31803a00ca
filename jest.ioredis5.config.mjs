// The suites that speak to Redis, on ioredis 5: `npm run test:ioredis5`.
import base from './jest.config.mjs';

const e2e = base.projects.find(({ displayName }) => displayName === 'e2e');

/** @type {import('jest').Config} */
export default {
  ...base,
  projects: [
    {
      ...e2e,
      displayName: 'ioredis 5',
      moduleNameMapper: { '^ioredis$': 'ioredis5', ...e2e.moduleNameMapper },
      testMatch: [
        '<rootDir>/test/{store,cache,resilience,topology}/**/*.spec.ts',
        '<rootDir>/test/module/failed-start.spec.ts',
      ],
    },
  ],
};
