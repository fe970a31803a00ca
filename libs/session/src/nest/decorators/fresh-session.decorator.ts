import { SetMetadata } from '@nestjs/common';

/** @internal */
export const IS_FRESH = 'nestjs-redis-session:fresh';

/**
 * Lets no session that was answered from the in-process cache pass unasked: on a handler, or on a controller for all of
 * its handlers. Redis is asked before guards of controllers and handlers run; a session that has ended is answered with
 * 401 and the reason. Without the option `cache` every session is fresh, and this does nothing.
 *
 * For what cannot be taken back: paying, changing a password, giving somebody rights.
 */
export const FreshSession = (): MethodDecorator & ClassDecorator => SetMetadata(IS_FRESH, true);
