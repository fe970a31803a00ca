import { getMetadataStorage, validateSync } from 'class-validator';
import { remedyForUnknown } from './other-names.js';
import type { Problems } from './problems.js';

/** A class whose properties have a `@Rule`. */
type OptionsClass<T extends object> = new () => T;

/**
 * Checks a group of options by the rules of its class.
 *
 * @param path what the names of its options begin with, such as `cookie.`
 * @returns the options that are right. A wrong one is left out, and named in `problems`
 */
export function checkGroup<T extends object>(
  problems: Problems,
  path: string,
  type: OptionsClass<T>,
  raw: object,
  required: readonly (keyof T & string)[] = [],
): T {
  const names = namesOf(type);
  const options = pick(type, names, raw);
  for (const name of Object.keys(raw)) {
    if (!names.includes(name)) {
      const remedy = remedyForUnknown(path, name, names);
      problems.add(path + name, `expected a known option, received one of this name. ${remedy}`);
    }
  }
  for (const name of required) {
    if (options[name] === undefined) {
      problems.add(path + name, 'expected a value, received none. Set it, or leave out the whole group.');
    }
  }
  for (const { property, constraints = {} } of validateSync(options)) {
    problems.add(path + property, Object.values(constraints).join(' '));
    delete options[property as keyof T];
  }
  return options;
}

/** Reads each option by its name, so that a getter of a class counts as well as an own property. */
function pick<T extends object>(type: OptionsClass<T>, names: readonly string[], raw: object): T {
  const options = new type() as Record<string, unknown>;
  for (const name of names) {
    const value = (raw as Record<string, unknown>)[name];
    if (value !== undefined) options[name] = value;
  }
  return options as T;
}

function namesOf(type: OptionsClass<object>): readonly string[] {
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  return [...new Set(rules.map(({ propertyName }) => propertyName))];
}
