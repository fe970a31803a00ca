import { SettingsError } from './settings.error.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the value of a variable. An empty value counts as unset, as in Compose files. */
export function textOf(env: Environment, name: string): string | undefined {
  return env[name] === '' ? undefined : env[name];
}

export function wholeNumberOf(
  env: Environment,
  name: string,
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  const text = textOf(env, name);
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw invalid(name, `a whole number from ${min} to ${max}`, text);
}

export function choiceOf<T extends string>(
  env: Environment,
  name: string,
  choices: readonly T[],
): T | undefined {
  const text = textOf(env, name);
  if (text === undefined) return undefined;
  const choice = choices.find((each) => each === text);
  if (choice !== undefined) return choice;
  throw invalid(name, `one of ${choices.join(', ')}`, text);
}

function invalid(name: string, expected: string, text: string): SettingsError {
  return new SettingsError(
    name,
    `expected ${expected}, received ${JSON.stringify(text)}. Correct it or leave it out.`,
  );
}
