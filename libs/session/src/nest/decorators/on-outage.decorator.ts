import { SessionOptionsError } from '../../core/errors/errors.js';
import type { OutagePolicy } from '../../http/request.js';
import { isOneOf, received } from '../../options/rule.js';
import { setRouteMetadata } from './route-metadata.js';

const isOutagePolicy = isOneOf('fail', 'anonymous');

/** @internal */
export const ON_OUTAGE = 'nestjs-redis-session:on-outage';

/**
 * Sets the policy for requests whose session cannot be loaded, for a handler, or for all handlers of a controller. The
 * option `outage.policy` is the policy of all others. `SessionGuard` rejects such requests in either case.
 *
 * @throws SessionOptionsError when the policy is invalid
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
  return setRouteMetadata(ON_OUTAGE, policy);
}
