// The jest configuration of a mutation run: one project, and of the tests only those that the scope names.
import process from 'node:process';
import workspace from '../../jest.config.mjs';
import { SCOPES } from './scopes.mjs';

const [unit] = workspace.projects;
const { testMatch } = SCOPES[process.env.MUTATION_SCOPE];

/** @type {import('jest').Config} */
export default {
  ...unit,
  displayName: 'mutation',
  testMatch: testMatch.map((pattern) => `<rootDir>/${pattern}`),
  testTimeout: workspace.testTimeout,
};
