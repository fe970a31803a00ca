import { defaultOf, type OptionRule, type OptionsClass, rulesOf } from './options-class.js';
import { remedyForUnknown } from './other-names.js';
import type { Problems } from './problems.js';
import { isObject, received } from './rule.js';

/**
 * Checks a group of options, and the groups inside it, by the rules of its class.
 *
 * @param path prefix of the options' names in messages, such as `cookie.`
 * @returns the valid options that were given, without defaults. `problems` has the others
 */
export function checkGroup<T extends object>(
  problems: Problems,
  path: string,
  type: OptionsClass<T>,
  raw: object,
): T {
  const rules = rulesOf(type);
  checkNames(problems, path, rules, raw);
  const options: Record<string, unknown> = {};
  for (const [name, rule] of rules) {
    // Read by name, so that a getter of a class counts as well as an own property.
    const value = (raw as Record<string, unknown>)[name];
    const problem = problemOf(type, name, rule, value);
    if (problem !== null) problems.add(path + name, problem);
    else if (rule.group && isObject(value)) {
      options[name] = checkGroup(problems, `${path}${name}.`, rule.group, value);
    } else if (value !== undefined) options[name] = value;
  }
  return options as T;
}

function checkNames(
  problems: Problems,
  path: string,
  rules: ReadonlyMap<string, OptionRule>,
  raw: object,
): void {
  for (const name of Object.keys(raw)) {
    if (rules.has(name)) continue;
    const remedy = remedyForUnknown(path, name, [...rules.keys()]);
    problems.add(path + name, `expected a known option, received one of this name. ${remedy}`);
  }
}

function problemOf(type: OptionsClass, name: string, rule: OptionRule, value: unknown): string | null {
  if (value === undefined) {
    if (!rule.isRequired) return null;
    return 'expected a value, received none. Set it, or leave out the whole group.';
  }
  if (rule.accepts(value)) return null;
  return [
    `expected ${rule.expected}, received ${rule.isSecret ? typeof value : received(value)}.`,
    ...[rule.hint?.(value) ?? []].flat(),
    rule.remedy ?? `Leave it out for ${defaultOf(type, name)}.`,
  ].join(' ');
}
