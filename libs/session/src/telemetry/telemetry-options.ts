import { SessionOptionsError } from '../core/errors/errors.js';
import { checkGroup } from '../options/check-group.js';
import type { Duration } from '../options/duration.js';
import { toMs } from '../options/duration.js';
import { type OptionsClass, withDefaults } from '../options/options-class.js';
import { Problems } from '../options/problems.js';
import { isObject, received, Rule } from '../options/rule.js';
import type { SessionTelemetry } from './telemetry.js';

const INTERVAL = {
  expected: "a length of time from '1s' to '1h', or false",
  accepts: (value: unknown) => {
    const ms = toMs(value);
    return value === false || (ms !== null && ms >= 1_000 && ms <= 60 * 60_000);
  },
};

/** Options of every backend of metrics. */
export class TelemetryOptions {
  /**
   * Shortest interval between two estimates of the live sessions and users, which read a sample of the keys, in each process;
   * `false` for none. A process without a collector makes none.
   *
   * @defaultValue '30s'
   */
  @Rule(INTERVAL)
  readonly live?: Duration | false = '30s';

  /**
   * Interval at which one of the processes reads the figures of the Redis servers (`INFO`), such as their memory and
   * evictions; `false` for none.
   *
   * @defaultValue false
   */
  @Rule({ ...INTERVAL, remedy: "An example: '15s'. Leave it out for none." })
  readonly servers?: Duration | false = false;
}

/**
 * Checks the options of a backend, and fills in the defaults.
 *
 * @param caller the function that received them
 * @throws SessionOptionsError
 */
export function resolveTelemetry<T extends TelemetryOptions>(
  caller: string,
  type: OptionsClass<T>,
  given: T,
): T & Omit<SessionTelemetry, 'start'> {
  const problems = new Problems();
  if (!isObject(given)) {
    throw new SessionOptionsError(
      `${caller}: expected an object of options, received ${received(given)}. Leave it out for the defaults.`,
    );
  }
  const checked = checkGroup(problems, '', type, given);
  problems.throwIfAny('telemetry');
  const options = withDefaults<T>(type, checked) as T;
  return { ...options, liveEveryMs: everyMs(options.live), serversEveryMs: everyMs(options.servers) };
}

function everyMs(interval: Duration | false | undefined): number | null {
  return interval === false ? null : toMs(interval);
}
