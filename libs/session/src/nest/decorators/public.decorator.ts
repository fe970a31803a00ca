import { SetMetadata } from '@nestjs/common';

/** @internal */
export const IS_PUBLIC = 'nestjs-redis-session:public';

/** Exempts a handler, or all handlers of a controller, from {@link SessionGuard}. */
export const Public = (): MethodDecorator & ClassDecorator => SetMetadata(IS_PUBLIC, true);
