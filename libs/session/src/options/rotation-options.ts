import type { RotationPolicy } from '../core/runtime/runtime.js';
import type { Duration } from './duration.js';
import { toMs } from './duration.js';
import { CLOCK } from './duration-rule.js';
import { withDefaults } from './options-class.js';
import type { Problems } from './problems.js';
import { isOneOf, Rule } from './rule.js';

/** Token rotation: replaces the token of a session in use, so that a stolen token is of less value. */
export class SessionRotationOptions {
  /**
   * Age at which a token is replaced, at the end of a request. The session, its ID and its timeouts stay. Parallel
   * requests get the same new token, and a lost response has no effect, because the old token stays valid until the
   * client has presented the new one. At least twice `grace`.
   */
  @Rule({ ...CLOCK, remedy: 'Leave out "rotation" to keep tokens.', isRequired: true })
  readonly every!: Duration;

  /**
   * Time for which the old token stays valid once the client has presented the new one. Longer than the slowest request
   * that may still carry the old token.
   *
   * @defaultValue '30s'
   */
  @Rule(CLOCK)
  readonly grace?: Duration = '30s';

  /**
   * Effect of a token that is used after its grace period, which an honest browser hardly ever does: `'report'` emits a
   * `token-reused` event, `'revoke'` also ends the session, for the thief and the victim alike.
   *
   * @defaultValue 'report'
   */
  @Rule({ expected: "'report' or 'revoke'", accepts: isOneOf('report', 'revoke') })
  readonly onReuse?: 'report' | 'revoke' = 'report';
}

/** Fills in the defaults. Without the group tokens are kept. */
export function resolveRotation(
  problems: Problems,
  given: SessionRotationOptions | undefined,
): RotationPolicy {
  const { every, grace, onReuse } = withDefaults(
    SessionRotationOptions,
    given ?? new SessionRotationOptions(),
  );
  const everyMs = toMs(every);
  const graceMs = toMs(grace) as number;
  if (everyMs !== null && everyMs < 2 * graceMs && !problems.concern('rotation.grace')) {
    problems.add(
      'rotation.every',
      `expected at least twice the grace of an old token (${2 * graceMs} ms), received ${everyMs} ms. ` +
        'Lengthen "rotation.every" or shorten "rotation.grace".',
    );
  }
  return Object.freeze({ everyMs, graceMs, revokeOnReuse: onReuse === 'revoke' });
}
