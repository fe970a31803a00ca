import { ValidationTypes } from 'class-validator';
import type { PropertyRule } from './data-class.js';
import { rulesOf } from './data-class.js';

type Bag = Record<string, unknown>;

/**
 * Returns the problems that class-validator does not report: values that are not arrays although their rules apply to each
 * element, and, if these are refused, members that the class does not name.
 */
export function shapeProblems(instance: object, refusesUnknown: boolean): string[] {
  const rules = rulesOf(instance.constructor);
  return Object.entries(instance).flatMap(([name, value]) => {
    const known = rules.get(name);
    if (!known) return refusesUnknown ? [`property ${name} should not exist`] : [];
    return propertyProblems(instance, name, value, known, refusesUnknown);
  });
}

/** Returns the same problems for one property of an instance. */
export function propertyProblems(
  instance: object,
  name: string,
  value: unknown,
  rules: readonly PropertyRule[],
  refusesUnknown: boolean,
): string[] {
  const isForEach = rules.some(({ each }) => each);
  const isArrayMissing =
    isForEach && value !== null && !Array.isArray(value) && isValidated(instance, value, rules);
  return [
    ...(isArrayMissing ? [`${name} must be an array`] : []),
    ...nestedIn(value).flatMap((nested) => shapeProblems(nested, refusesUnknown)),
  ];
}

/** Returns a plain value without the members that the class of its instance does not name. */
export function prunedBy(instance: unknown, plain: unknown): unknown {
  if (Array.isArray(plain)) {
    const elements = plain.map((element, index) => prunedBy((instance as unknown[])[index], element));
    return elements.some((element, index) => element !== plain[index]) ? elements : plain;
  }
  if (!isNested(instance)) return plain;
  const rules = rulesOf(instance.constructor);
  const members = Object.entries(plain as Bag);
  const kept = members
    .filter(([name]) => rules.has(name))
    .map(([name, member]) => [name, prunedBy((instance as Bag)[name], member)] as const);
  const isSame =
    kept.length === members.length && kept.every(([name, member]) => member === (plain as Bag)[name]);
  return isSame ? plain : Object.fromEntries(kept);
}

/** Removes members that come from the class's defaults, so that the validated value is the stored one. */
export function withoutDefaults<T>(instance: T, plain: unknown): T {
  if (typeof instance !== 'object' || instance === null) return instance;
  for (const name of Object.keys(instance)) {
    if (Object.hasOwn(plain as Bag, name)) withoutDefaults((instance as Bag)[name], (plain as Bag)[name]);
    else Reflect.deleteProperty(instance, name);
  }
  return instance;
}

/** Checks the conditions on a property, such as `@IsOptional()` and `@ValidateIf()`. */
function isValidated(instance: object, value: unknown, rules: readonly PropertyRule[]): boolean {
  return rules
    .filter(({ type }) => type === ValidationTypes.CONDITIONAL_VALIDATION)
    .every(({ constraints }) =>
      (constraints as ((object: object, value: unknown) => boolean)[])[0]?.(instance, value),
    );
}

function nestedIn(value: unknown): object[] {
  return (Array.isArray(value) ? value.flat(Infinity) : [value]).filter(isNested);
}

/** Checks that a value is an instance of a class with rules. */
function isNested(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return value.constructor !== Object && typeof value.constructor === 'function';
}
