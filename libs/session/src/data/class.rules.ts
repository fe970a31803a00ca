import { plainToInstance } from 'class-transformer';
import type { ValidationError } from 'class-validator';
import { validate, validateSync } from 'class-validator';
import type { FieldProblem } from '../core/errors/errors.js';
import type { FieldRules, UnknownFields } from '../core/fields/field-codec.js';
import { propertyProblems, prunedBy, withoutDefaults } from './class.shape.js';
import type { DataClass, PropertyRule } from './data-class.js';
import { rulesOf } from './data-class.js';

export { problemsOfDataClass } from './data-class.js';

type Session = ReadonlyMap<string, unknown>;

/** Options of class-validator. {@link propertyProblems} decides about unknown fields instead. */
const VALIDATION = { forbidUnknownValues: false } as const;

/** Rules for the session's data, from a class with class-validator decorators. */
export class ClassRules implements FieldRules {
  private readonly rules: ReadonlyMap<string, readonly PropertyRule[]>;

  constructor(
    private readonly dataClass: DataClass,
    readonly unknown: UnknownFields = 'keep',
    /** Known fields in addition to those of the class, with any value: fields that this package itself uses. */
    private readonly others: readonly string[] = [],
  ) {
    this.rules = rulesOf(dataClass);
  }

  knows(name: string): boolean {
    return this.rules.has(name) || this.others.includes(name);
  }

  prune(name: string, value: unknown): unknown {
    const instance = this.instance(new Map([[name, value]])) as Record<string, unknown>;
    return prunedBy(instance[name], value);
  }

  async checkWrite(session: Session): Promise<readonly FieldProblem[]> {
    const instance = this.instance(session);
    return [...this.problems(session, instance, await validate(instance, VALIDATION)).values()];
  }

  checkRead(session: Session): ReadonlyMap<string, FieldProblem> {
    try {
      return this.problemsNow(session);
    } catch {
      // A rule threw on a value that it was not written for. The other fields are still validated.
      return new Map([...session].flatMap(([name, value]) => [...this.problemsAlone(name, value)]));
    }
  }

  private problemsAlone(name: string, value: unknown): ReadonlyMap<string, FieldProblem> {
    try {
      return this.problemsNow(new Map([[name, value]]));
    } catch {
      return new Map([[name, { field: name, expected: ['a value that its rules can be applied to'] }]]);
    }
  }

  private problemsNow(session: Session): ReadonlyMap<string, FieldProblem> {
    const instance = this.instance(session);
    return this.problems(session, instance, validateSync(instance, VALIDATION));
  }

  /** Returns problems by field. A session begins empty, so fields may be absent; members required within a value may not. */
  private problems(
    session: Session,
    instance: object,
    errors: readonly ValidationError[],
  ): ReadonlyMap<string, FieldProblem> {
    const refusesUnknown = this.unknown === 'refuse';
    const found = new Map<string, FieldProblem>();
    for (const field of session.keys()) {
      const rules = this.rules.get(field);
      const value = (instance as Record<string, unknown>)[field];
      const expected = rules
        ? [
            ...errors.filter(({ property }) => property === field).flatMap(messages),
            ...propertyProblems(instance, field, value, rules, refusesUnknown),
          ]
        : refusesUnknown && !this.knows(field)
          ? [`property ${field} should not exist`]
          : [];
      if (expected.length > 0) found.set(field, { field, expected });
    }
    return found;
  }

  private instance(session: Session): object {
    const plain = Object.fromEntries(session);
    const instance = plainToInstance(this.dataClass, plain, {
      exposeDefaultValues: false,
      ignoreDecorators: true,
    });
    return withoutDefaults(instance, plain);
  }
}

function messages({ constraints, children }: ValidationError): string[] {
  return [...Object.values(constraints ?? {}), ...(children ?? []).flatMap(messages)];
}
