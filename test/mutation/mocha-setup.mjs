// Lets Mocha run the unit tests, which are written for Jest.
import '../support/typescript.mjs';
import { register } from 'node:module';
import process from 'node:process';
import { expect } from 'expect';
import { bind } from 'jest-each';
import Mocha from 'mocha';
import { jest } from './jest-globals.mjs';

const { interfaces, prototype } = Mocha;
const { bdd } = interfaces;
const { grep } = prototype;

register('./module-hooks.mjs', import.meta.url);
globalThis.expect = expect;

/** Adds the functions of Jest to those that Mocha defines before it loads a file. */
interfaces.bdd = (suite) => {
  bdd(suite);
  suite.on('pre-require', (context) => {
    context.beforeAll = context.before;
    context.afterAll = context.after;
    context.test = context.it;
    context.describe.each = bind(context.describe, false);
    context.it.each = bind(context.it);
  });
};

/** Selects tests by an expression that is matched at the start of a title alone; Stryker's has hundreds of titles. */
prototype.grep = function (pattern) {
  return grep.call(this, pattern instanceof RegExp ? new RegExp(`^(?:${pattern.source})`) : pattern);
};

/** Keeps from the next test what a file would have to itself in Jest. */
export const mochaHooks = {
  afterEach() {
    jest.restoreAllMocks();
    jest.useRealTimers();
    // What runs before the next test, such as beforeAll(), belongs to no test.
    delete globalThis.__stryker__?.currentTestId;
  },
};

// Fails the running test, as in Jest. Between two runs Mocha does not listen, and no test is at fault.
process.on('unhandledRejection', (reason) => {
  if (process.listenerCount('uncaughtException') > 0) throw reason;
});
