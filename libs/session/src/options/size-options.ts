import type { SizeLimits } from '../core/record/size.js';
import { withDefaults } from './options-class.js';
import type { Problems } from './problems.js';
import { COUNT, isCount, Rule } from './rule.js';

/** Size of a session: the bytes of the application's fields, with their names. */
export class SessionSizeOptions {
  /**
   * Largest size in bytes. A larger write is rejected with a `SessionSizeError` and changes nothing; a larger stored
   * session is ignored. Lower it only if no stored session is larger.
   *
   * @defaultValue 65536
   */
  @Rule(COUNT)
  readonly max?: number = 65_536;

  /**
   * Size in bytes above which a write emits `large-session` and logs a warning, because every request loads the whole
   * session.
   *
   * @defaultValue 4096
   */
  @Rule({
    expected: 'a whole number of 1 or more, or Infinity',
    accepts: (value) => value === Infinity || isCount(value),
  })
  readonly warn?: number = 4_096;
}

/** Fills in the defaults. */
export function resolveSize(problems: Problems, given: SessionSizeOptions = {}): SizeLimits {
  const { max, warn } = withDefaults(SessionSizeOptions, given);
  if (given.warn !== undefined && warn !== Infinity && warn > max) {
    problems.add(
      'size.warn',
      `expected at most "size.max" (${max}), received ${warn}. A session never gets that large. ` +
        'Lower it, or give Infinity for no warning.',
    );
  }
  return Object.freeze({ maxBytes: max, warnBytes: warn });
}
