import { SetMetadata } from '@nestjs/common';

/** @internal */
export const SKIPS_CSRF = 'nestjs-redis-session:skip-csrf';

/**
 * Exempts a handler, or all handlers of a controller, from `SessionCsrfGuard`: for requests that pages of other origins may
 * send, and that are authenticated by other means than a cookie, such as the signature of a webhook.
 */
export const SkipCsrf = (): MethodDecorator & ClassDecorator => SetMetadata(SKIPS_CSRF, true);
