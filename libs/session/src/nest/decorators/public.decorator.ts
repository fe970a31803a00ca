import { SetMetadata } from '@nestjs/common';

/** @internal */
export const IS_PUBLIC = 'nestjs-redis-session:public';

/** Lets everybody in where {@link SessionGuard} guards: on a handler, or on a controller for all of its handlers. */
export const Public = (): MethodDecorator & ClassDecorator => SetMetadata(IS_PUBLIC, true);
