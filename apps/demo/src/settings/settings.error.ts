/** An invalid environment variable. The message names the variable, the expected and received values, and the fix. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';

  constructor(variable: string, problem: string) {
    super(`${variable}: ${problem}`);
  }
}
