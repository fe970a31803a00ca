import type { LifetimeChoice } from '../core/request/lifetime.js';
import type { SignInSettings } from '../core/request/sign-in.js';
import { SignInOptions } from './sign-in-options.js';
import { checkGroup } from './check-group.js';
import { checkTimeouts } from './check-timeouts.js';
import { Problems } from './problems.js';
import type { ResolvedOptions } from './resolve.js';
import { isObject, received } from './rule.js';
import { absoluteSource, idleSource } from './timeouts.js';

/**
 * Checks the overrides of a sign-in. A part of the lifetime that is left out is decided once the session is known that
 * the sign-in continues.
 *
 * @throws SessionOptionsError that names every wrong option
 */
export function resolveSignIn(
  raw: SignInOptions,
  defaults: Pick<ResolvedOptions, 'data'>,
): Omit<SignInSettings, 'origin'> {
  const problems = new Problems();
  if (!isObject(raw)) problems.add('signIn()', `expected an object of options, received ${received(raw)}.`);
  const options = checkGroup(problems, '', SignInOptions, isObject(raw) ? raw : {});
  const choice = lifetimeChoice(options);
  const { idleMs, absoluteMs } = choice.timeouts ?? {};
  if (absoluteMs !== undefined) {
    checkTimeouts(problems, { idleMs: idleMs ?? 0, absoluteMs }, options.persistent === true);
  }
  problems.throwIfAny('sign-in');
  return {
    ...choice,
    keepData: options.keepData ?? defaults.data.keepOnSignIn,
    ...(options.onExceed !== undefined && { onExceed: options.onExceed }),
  };
}

function lifetimeChoice({ idle, absolute, persistent }: SignInOptions): LifetimeChoice {
  const timeouts = {
    ...(idle !== undefined && { idleMs: idleSource(idle) }),
    ...(absolute !== undefined && !(absolute instanceof Date) && { absoluteMs: absoluteSource(absolute) }),
  };
  return {
    timeouts,
    ...(absolute instanceof Date && { absoluteEndAt: absolute.getTime() }),
    ...(persistent !== undefined && { persistent }),
  };
}
