import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { getMetadataStorage, ValidationTypes } from 'class-validator';

/** A class with decorators. */
export type DataClass = new () => object;

/** A rule for one property, as class-validator keeps it. */
export type PropertyRule = ReturnType<
  ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']
>[number];

/** class-transformer's number for the transformation from a plain object to an instance. */
const PLAIN_TO_CLASS = 0;

/** Types that `@Type()` would convert JSON into, although JSON cannot represent them or the conversion changes the value. */
const CONVERTERS: ReadonlySet<unknown> = new Set([
  ...[Date, Number, String, Boolean, BigInt, Symbol, Buffer, Map, Set, Array, RegExp],
]);

const rulesByClass = new WeakMap<object, ReadonlyMap<string, readonly PropertyRule[]>>();

/** Returns the rules of a class by property. Properties without one are not named by the class. */
export function rulesOf(type: object): ReadonlyMap<string, readonly PropertyRule[]> {
  const known = rulesByClass.get(type);
  if (known) return known;
  const rules = new Map<string, PropertyRule[]>();
  for (const rule of getMetadataStorage().getTargetValidationMetadatas(type as DataClass, '', true, false)) {
    rules.set(rule.propertyName, [...(rules.get(rule.propertyName) ?? []), rule]);
  }
  rulesByClass.set(type, rules);
  return rules;
}

/**
 * Returns the problems of a data class, a sentence each: decorators with which the validated value would differ from the
 * stored one, and nested objects that would not be validated at all.
 */
export function problemsOfDataClass(dataClass: DataClass): string[] {
  return problemsOf(dataClass, new Set());
}

function problemsOf(type: DataClass, visited: Set<unknown>): string[] {
  if (visited.has(type)) return [];
  visited.add(type);
  return [...rulesOf(type)].flatMap(([property, rules]) => {
    const place = `${type.name}.${property}`;
    const types = nestedTypesOf(type, property);
    const problems: string[] = [];
    if (defaultMetadataStorage.findTransformMetadatas(type, property, PLAIN_TO_CLASS).length > 0) {
      problems.push(
        `expected rules for what is stored, received @Transform() on ${place}, which changes it. ` +
          'Change the value before you write it to the session, and remove the decorator.',
      );
    }
    if (types.some((nested) => CONVERTERS.has(nested))) {
      problems.push(
        `expected rules for what is stored, received @Type() on ${place}, which converts it into a value that JSON ` +
          'cannot represent. Write rules for the stored form, such as @IsISO8601() for a date, and remove the decorator.',
      );
    }
    if (types.length === 0 && rules.some(({ type: kind }) => kind === ValidationTypes.NESTED_VALIDATION)) {
      problems.push(
        `expected a class for the nested rules of ${place}, received @ValidateNested() alone. ` +
          'Add @Type(() => …) with the class of the nested value.',
      );
    }
    return [...problems, ...types.filter(isDataClass).flatMap((nested) => problemsOf(nested, visited))];
  });
}

/** Returns the classes that `@Type()` names for a property. */
function nestedTypesOf(type: DataClass, property: string): unknown[] {
  const metadata = defaultMetadataStorage.findTypeMetadata(type, property);
  if (!metadata?.typeFunction) return [];
  const subTypes = metadata.options?.discriminator?.subTypes ?? [];
  const named = metadata.typeFunction({ newObject: {}, object: {}, property });
  return [named, ...subTypes.map(({ value }) => value)];
}

function isDataClass(type: unknown): type is DataClass {
  return typeof type === 'function' && !CONVERTERS.has(type);
}
