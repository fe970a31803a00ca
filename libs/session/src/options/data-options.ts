import type { UnknownFields } from '../core/fields/field-codec.js';
import type { ValuePolicy } from '../data/json.codec.js';
import { type Complete, withDefaults } from './options-class.js';
import type { Problems } from './problems.js';
import { BOOLEAN, isFunction, isOneOf, Rule } from './rule.js';

/** Rules for the fields of a session. */
export class SessionDataOptions {
  /**
   * Class with class-validator decorators that describes the session's fields as they are stored. A write that breaks a
   * rule is rejected before anything is stored; a stored field that breaks a rule is left out, with an `invalid-data`
   * event. Decorators that change a value, such as `@Transform()` and `@Type(() => Date)`, are refused at start. Needs
   * the packages class-validator and class-transformer.
   */
  @Rule({
    expected: 'a class with class-validator decorators',
    accepts: isFunction,
    remedy: 'Pass the class itself, not an instance of it.',
  })
  readonly class?: new () => object;

  /**
   * Treatment of fields that the class does not name, and of such members of nested objects with a class. `'keep'`:
   * they are stored and read as they are. `'ignore'`: they are neither stored nor read; a value in Redis stays until its
   * field is written. `'refuse'`: writing them is a `SessionDataError`, and a stored field that has them is left out,
   * with an `invalid-data` event. Only with `class`.
   *
   * @defaultValue 'keep'
   */
  @Rule({ expected: "'keep', 'ignore' or 'refuse'", accepts: isOneOf('keep', 'ignore', 'refuse') })
  readonly unknownFields?: UnknownFields = 'keep';

  /**
   * Treatment of a value that JSON changes, such as a `Date` or an instance of a class. `'json'` stores it as
   * `JSON.stringify` does, as other session libraries do, with a `value-converted` event and one warning for each field;
   * the next request reads a string or a plain object. `'strict'` rejects it with a `SessionValueError`. Values that
   * JSON cannot represent, such as a BigInt or an object that contains itself, are rejected by both.
   *
   * @defaultValue 'json'
   */
  @Rule({ expected: "'json' or 'strict'", accepts: isOneOf('json', 'strict') })
  readonly values?: ValuePolicy = 'json';

  /**
   * True if fields that an anonymous visitor left in the session are kept at the sign-in.
   *
   * @defaultValue true
   */
  @Rule(BOOLEAN)
  readonly keepOnSignIn?: boolean = true;
}

/** Returns the problems of a data class, a sentence each. */
export type DataClassCheck = (dataClass: new () => object) => readonly string[];

/** The group `data`, complete. */
export type ResolvedData = Readonly<Complete<SessionDataOptions, 'class'>>;

/** Fills in the defaults. */
export function resolveData(
  problems: Problems,
  given: SessionDataOptions = {},
  problemsOfClass: DataClassCheck,
): ResolvedData {
  if (given.class) for (const sentence of problemsOfClass(given.class)) problems.add('data.class', sentence);
  else if (given.unknownFields !== undefined && !problems.concern('data.class')) {
    problems.add(
      'data.unknownFields',
      'expected nothing unless "data.class" is set, received one. Without a class all fields are unknown. ' +
        'Leave it out, or set "data.class".',
    );
  }
  return Object.freeze(withDefaults<SessionDataOptions, 'class'>(SessionDataOptions, given));
}
