// Jest's globals on Node's own test runner, which loads packages directly with Node: under Jest on Node 20, a
// CommonJS package cannot `require` the ES modules of Nest.
import * as runner from 'node:test';
import { expect } from 'expect';

const describe = runner.describe;
const test = runner.test;
describe.each = each(describe);
test.each = each(test);

Object.assign(globalThis, {
  describe,
  test,
  it: test,
  expect,
  beforeAll: runner.before,
  afterAll: runner.after,
  beforeEach: runner.beforeEach,
  afterEach: runner.afterEach,
});

/** Defines a test for each row of a table, as Jest does; the first values of a row replace the `%s` of the name. */
function each(define) {
  return (table) => (name, body) => {
    for (const row of table) {
      const values = Array.isArray(row) ? row : [row];
      let next = 0;
      define(
        name.replaceAll('%s', () => String(values[next++])),
        () => body(...values),
      );
    }
  };
}
