/** A variable is wrong. The message says which, what was expected, what came and what to do. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';

  constructor(variable: string, problem: string) {
    super(`${variable}: ${problem}`);
  }
}
