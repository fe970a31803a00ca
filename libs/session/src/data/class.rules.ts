import type { ClassConstructor } from 'class-transformer';
import { plainToInstance } from 'class-transformer';
import type { ValidationError } from 'class-validator';
import { validate, validateSync } from 'class-validator';
import type { FieldProblem } from '../core/errors.js';
import type { FieldRules } from '../core/fields.js';

/** Fields that the class does not name are let be. */
const VALIDATION = { forbidUnknownValues: false } as const;

/** Rules for the session's data, from a class with class-validator decorators. */
export class ClassRules implements FieldRules {
  constructor(private readonly dataClass: ClassConstructor<object>) {}

  async checkWrite(values: ReadonlyMap<string, unknown>): Promise<readonly FieldProblem[]> {
    if (values.size === 0) return [];
    const errors = await validate(this.instance(Object.fromEntries(values)), VALIDATION);
    // A session begins empty, so fields may be absent, though not what a field's value must have inside. Rules may
    // span fields, but only fields that are written can be to blame.
    return errors.filter(({ property }) => values.has(property)).map(describeProblem);
  }

  checkRead(name: string, value: unknown): FieldProblem | null {
    const errors = validateSync(this.instance({ [name]: value }), VALIDATION);
    const error = errors.find(({ property }) => property === name);
    return error ? describeProblem(error) : null;
  }

  private instance(values: object): object {
    return plainToInstance(this.dataClass, values, { exposeDefaultValues: false });
  }
}

function describeProblem(error: ValidationError): FieldProblem {
  return { field: error.property, expected: messages(error) };
}

function messages({ constraints, children }: ValidationError): string[] {
  return [...Object.values(constraints ?? {}), ...(children ?? []).flatMap(messages)];
}
