/** A class whose properties are options: each has a `@Rule()`, and its default, if any, as initializer. */
export type OptionsClass<T extends object = object> = new () => T;

/** The requirements of one option. */
export interface OptionRule {
  /** Completes the sentence "expected …". */
  readonly expected: string;
  /**
   * Says how to correct a wrong value, as a sentence.
   *
   * @defaultValue "Leave it out for …", with the option's default
   */
  readonly remedy?: string;
  /** True if the group cannot do without this option. */
  readonly isRequired?: boolean;
  /** True if messages must not show the value. */
  readonly isSecret?: boolean;
  /** The class of the options inside an object that is given. */
  readonly group?: OptionsClass;
  accepts(value: unknown): boolean;
  /** Guesses the value that was meant, as a question. */
  hint?(value: unknown): string | null;
}

const rulesByPrototype = new WeakMap<object, Map<string, OptionRule>>();

/** Records the rule of a property. */
export function setRule(prototype: object, name: string | symbol, rule: OptionRule): void {
  // A class that extends another one has its rules, too.
  const inherited = rulesByPrototype.get(Object.getPrototypeOf(prototype) as object) ?? [];
  const rules = rulesByPrototype.get(prototype) ?? new Map<string, OptionRule>(inherited);
  rulesByPrototype.set(prototype, rules.set(String(name), rule));
}

/** Returns the rules of a class by the names of its options. */
export function rulesOf(type: OptionsClass): ReadonlyMap<string, OptionRule> {
  return rulesByPrototype.get(type.prototype as object) ?? new Map<string, OptionRule>();
}

/** The options of a class after {@link withDefaults}. `Open` are the names of those that have no default. */
export type Complete<T, Open extends keyof T = never> = Required<Omit<T, Open>> & Pick<T, Open>;

/** Returns the given options, and the default of each that was left out. */
export function withDefaults<T extends object, Open extends keyof T = never>(
  type: OptionsClass<T>,
  given: T,
): Complete<T, Open> {
  const isGiven = ([, value]: [string, unknown]) => value !== undefined;
  return { ...new type(), ...Object.fromEntries(Object.entries(given).filter(isGiven)) } as Complete<T, Open>;
}

/** Returns an option's default as source code; `null` if the option has none. */
export function defaultOf(type: OptionsClass, name: string): string | null {
  const value = (new type() as Record<string, unknown>)[name];
  if (value !== undefined) return literal(value);
  const group = rulesOf(type).get(name)?.group;
  if (!group) return null;
  const members = [...rulesOf(group).keys()].flatMap((member) => {
    const inner = defaultOf(group, member);
    return inner === null ? [] : [`${member}: ${inner}`];
  });
  return members.length > 0 ? `{ ${members.join(', ')} }` : null;
}

function literal(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  return Array.isArray(value) ? `[${value.map(literal).join(', ')}]` : String(value);
}
