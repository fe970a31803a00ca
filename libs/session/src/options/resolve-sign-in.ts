import type { SignInSettings } from '../core/request/sign-in.js';
import type { TimeoutPolicy } from '../core/runtime/timeout-policy.js';
import { SignInOptions } from './sign-in-options.js';
import { checkGroup } from './check-group.js';
import { checkTimeouts } from './check-timeouts.js';
import { Problems } from './problems.js';
import type { ResolvedOptions } from './resolve.js';
import { isObject, received } from './rule.js';
import { absoluteSource, idleSource } from './timeouts.js';

/** The settings of a sign-in that its options decide. */
export type SignInChoice = Omit<SignInSettings, 'origin'>;

/**
 * Checks the overrides of a sign-in. A part of the lifetime that is left out is decided once the session is known that
 * the sign-in continues.
 *
 * @param raw the overrides; `undefined` for none, as most sign-ins have
 * @throws SessionOptionsError that names every wrong option
 */
export function resolveSignIn(
  raw: SignInOptions | undefined,
  { data: { keepOnSignIn } }: Pick<ResolvedOptions, 'data'>,
): SignInChoice {
  if (raw === undefined) return { keepData: keepOnSignIn };
  const problems = new Problems();
  if (!isObject(raw)) problems.add('signIn()', `expected an object of options, received ${received(raw)}.`);
  const options = checkGroup(problems, '', SignInOptions, isObject(raw) ? raw : {});
  const timeouts = timeoutsIn(options);
  const { idleMs, absoluteMs } = timeouts;
  if (absoluteMs !== undefined) {
    checkTimeouts(problems, { idleMs: idleMs ?? 0, absoluteMs }, options.persistent === true);
  }
  problems.throwIfAny('sign-in');
  const { absolute, persistent, keepData = keepOnSignIn, onExceed } = options;
  const absoluteEndAt = absolute instanceof Date ? absolute.getTime() : undefined;
  return { timeouts, absoluteEndAt, persistent, keepData, onExceed };
}

function timeoutsIn({ idle, absolute }: SignInOptions): Partial<TimeoutPolicy> {
  const hasTimeout = absolute !== undefined && !(absolute instanceof Date);
  return {
    ...(idle !== undefined && { idleMs: idleSource(idle) }),
    ...(hasTimeout && { absoluteMs: absoluteSource(absolute) }),
  };
}
