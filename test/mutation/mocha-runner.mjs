// The test runner of a mutation run: Stryker's for Mocha, which this file makes fast.
import { commonTokens, declareFactoryPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import { createMochaTestRunnerFactory } from '@stryker-mutator/mocha-runner';

export { strykerValidationSchema } from '@stryker-mutator/mocha-runner';

const create = createMochaTestRunnerFactory();

function createRunner(injector) {
  const runner = create(injector);
  // A static mutant is active while the tests are loaded, in a process of its own.
  if (!injector.resolve(commonTokens.options).ignoreStatic) return runner;
  const { init, dryRun } = runner;
  // A process that replaces one that a mutant has blocked loads the tests here, outside of the time limit of the next mutant.
  runner.init = async () => {
    await init.call(runner);
    await runner.mocha.loadFilesAsync();
    runner.loadedEnv = true;
  };
  // A test that fails when it is repeated would detect every mutant. Here it ends the run.
  runner.dryRun = async (options) => {
    await dryRun.call(runner, options);
    return dryRun.call(runner, options);
  };
  // Stryker would otherwise start a process for each mutant of code that also runs while tests are loaded. The mutants are
  // inactive at that time (`ignoreStatic`), so there is nothing to load again.
  runner.capabilities = () => Promise.resolve({ reloadEnvironment: true });
  return runner;
}
createRunner.inject = create.inject;

export const strykerPlugins = [declareFactoryPlugin(PluginKind.TestRunner, 'repeated-mocha', createRunner)];
