import type { Durability } from '../redis/durable.js';
import type { Duration } from './duration.js';
import { toMs } from './duration.js';
import { WAIT } from './duration-rule.js';
import { withDefaults } from './options-class.js';
import type { Problems } from './problems.js';
import { COUNT, Rule } from './rule.js';

/** Acknowledgement by replicas of the operations that end sessions, so that a failover does not undo them. */
export class SessionDurabilityOptions {
  /** Number of replicas that must acknowledge. */
  @Rule({ ...COUNT, remedy: 'No more than there are replicas.', isRequired: true })
  readonly replicas!: number;

  /**
   * Longest wait for their acknowledgement; shorter than `outage.deadline`. If too few replicas acknowledge in time, a
   * `not-replicated` event is emitted; the session has ended on the master anyway.
   *
   * @defaultValue '100ms'
   */
  @Rule(WAIT)
  readonly timeout?: Duration = '100ms';
}

/** Fills in the defaults; `null` without the group. */
export function resolveDurability(
  problems: Problems,
  given: SessionDurabilityOptions | undefined,
  deadlineMs: number,
): Durability | null {
  if (!given) return null;
  const { replicas, timeout } = withDefaults(SessionDurabilityOptions, given);
  const timeoutMs = toMs(timeout) as number;
  if (timeoutMs >= deadlineMs && !problems.concern('outage.deadline', 'durability.timeout')) {
    problems.add(
      'durability.timeout',
      `expected less than the deadline of a call (${deadlineMs} ms), received ${timeoutMs} ms. ` +
        'Shorten it, or lengthen "outage.deadline".',
    );
  }
  return Object.freeze({ replicas, timeoutMs });
}
