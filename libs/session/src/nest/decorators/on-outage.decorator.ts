import { SetMetadata } from '@nestjs/common';
import { SessionOptionsError } from '../../core/errors.js';
import type { OutagePolicy } from '../../http/request.js';
import { isOneOf, received } from '../../options/rule.js';

const isOutagePolicy = isOneOf('fail', 'anonymous');

/** @internal */
export const ON_OUTAGE = 'nestjs-redis-session:on-outage';

/**
 * Decides for a handler, or for all handlers of a controller, what becomes of a request whose session cannot be loaded.
 * The option `outage.policy` decides for all others. `SessionGuard` lets nobody pass in either case.
 *
 * @throws SessionOptionsError when the policy is none
 * @example
 * @OnOutage('anonymous')
 * @Get('/')
 * home(@Session() session: Session) { ... }
 */
export function OnOutage(policy: OutagePolicy): MethodDecorator & ClassDecorator {
  if (!isOutagePolicy(policy)) {
    throw new SessionOptionsError(
      `@OnOutage(): expected 'fail' or 'anonymous', received ${received(policy)}.`,
    );
  }
  return SetMetadata(ON_OUTAGE, policy);
}
