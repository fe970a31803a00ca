import type { OutagePolicy } from '../http/request.js';
import type { StartupPolicy } from '../redis/client.js';
import type { Duration } from './duration.js';
import { toMs } from './duration.js';
import { WAIT } from './duration-rule.js';
import { withDefaults } from './options-class.js';
import { isOneOf, Rule } from './rule.js';

/** Behaviour while the session store is slow or unavailable. */
export class SessionOutageOptions {
  /**
   * Longest duration of a call to Redis, including a second try. Afterwards the request fails with 503. Only with
   * `redis`.
   *
   * @defaultValue '250ms'
   */
  @Rule(WAIT)
  readonly deadline?: Duration = '250ms';

  /**
   * Treatment of a request whose session cannot be loaded. `'fail'`: reading the session fails with 503 and
   * `Retry-After`. `'anonymous'`: the request is treated as anonymous, writes to its session fail with 503, and its
   * cookie stays. Guards reject the request in both cases. `@OnOutage()` overrides the policy for a handler or a
   * controller.
   *
   * @defaultValue 'fail'
   */
  @Rule({ expected: "'fail' or 'anonymous'", accepts: isOneOf('fail', 'anonymous') })
  readonly policy?: OutagePolicy = 'fail';

  /**
   * Behaviour at start if Redis is unavailable. `'fail'`: the start fails. `'wait'`: the start waits for Redis.
   * `'degraded'`: the application starts, and `policy` applies until Redis is available. Only with `redis`.
   *
   * @defaultValue 'fail'
   */
  @Rule({ expected: "'fail', 'wait' or 'degraded'", accepts: isOneOf('fail', 'wait', 'degraded') })
  readonly startup?: StartupPolicy = 'fail';
}

/** The group `outage`, complete. */
export interface ResolvedOutage {
  readonly deadlineMs: number;
  readonly policy: OutagePolicy;
  readonly startup: StartupPolicy;
}

/** Fills in the defaults. */
export function resolveOutage(given: SessionOutageOptions = {}): ResolvedOutage {
  const { deadline, policy, startup } = withDefaults(SessionOutageOptions, given);
  return Object.freeze({ deadlineMs: toMs(deadline) as number, policy, startup });
}
