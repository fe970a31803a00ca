import { setRouteMetadata } from './route-metadata.js';

/** @internal */
export const IS_FRESH = 'nestjs-redis-session:fresh';

/**
 * Revalidates cached sessions against Redis before the handler runs: on a handler, or on a controller for all of its
 * handlers. Redis is queried before guards of controllers and handlers run; a session that has ended is answered with 401
 * and the reason. Without the option `cache` every session is fresh, and this decorator has no effect.
 *
 * For operations that cannot be undone, such as a payment, a new password or a grant of permissions.
 */
export const FreshSession = (): MethodDecorator & ClassDecorator => setRouteMetadata(IS_FRESH, true);
