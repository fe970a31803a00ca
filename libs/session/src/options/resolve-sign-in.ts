import type { OnExceed } from '../core/store.js';
import type { SignInOptions } from '../sign-in.options.js';
import { checkTimeouts } from './check-timeouts.js';
import type { Duration } from './duration.js';
import { toMs } from './duration.js';
import { CLOCK } from './duration.rule.js';
import { isOnExceed, ON_EXCEED } from './groups.js';
import { Problems } from './problems.js';
import type { ResolvedOptions } from './resolve.js';
import { received } from './rule.js';

/**
 * Returns what a sign-in decides for itself, filled up from the module's options.
 *
 * @throws SessionOptionsError that names every wrong option
 */
export function resolveSignIn(options: SignInOptions, defaults: ResolvedOptions) {
  const problems = new Problems();
  const timeouts = {
    idleMs: overrideMs(problems, 'idle', options.idle) ?? defaults.timeouts.idleMs,
    absoluteMs: overrideMs(problems, 'absolute', options.absolute) ?? defaults.timeouts.absoluteMs,
  };
  const persistent = options.persistent ?? defaults.cookie.persistent;
  checkTimeouts(problems, timeouts, persistent);
  const onExceed = override(problems, options.onExceed);
  problems.throwIfAny('sign-in');
  return {
    timeouts,
    persistent,
    keepData: options.keepData ?? defaults.keepDataOnSignIn,
    ...(onExceed !== undefined && { onExceed }),
  };
}

function override(problems: Problems, onExceed: OnExceed | undefined): OnExceed | undefined {
  if (onExceed !== undefined && !isOnExceed(onExceed)) {
    problems.add('onExceed', `expected ${ON_EXCEED}, received ${received(onExceed)}.`);
  }
  return onExceed;
}

function overrideMs(problems: Problems, name: string, duration: Duration | undefined): number | null {
  if (duration === undefined) return null;
  if (CLOCK.accepts(duration)) return toMs(duration);
  const hint = CLOCK.hint(duration);
  problems.add(name, `expected ${CLOCK.expected}, received ${received(duration)}.${hint ? ` ${hint}` : ''}`);
  return null;
}
