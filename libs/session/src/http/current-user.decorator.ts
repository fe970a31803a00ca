import type { ExecutionContext, PipeTransform, Type } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import { contextOf, usersOf } from './request.js';

/**
 * Injects the user who is signed in, or what a property path leads to, such as `'address.city'`. `null` where nobody
 * is signed in.
 *
 * The user is what the option `users.load` gives for the session's user id, fetched once a request; without that
 * option what passport put on the request, else `{ id }`.
 */
export const CurrentUser: (
  ...pathAndPipes: (string | Type<PipeTransform> | PipeTransform)[]
) => ParameterDecorator = createParamDecorator(
  async (path: string | undefined, context: ExecutionContext): Promise<unknown> => {
    const request = context.switchToHttp().getRequest<object>();
    const user = await usersOf(request).of(contextOf(request), request);
    return path === undefined ? user : follow(user, path);
  },
);

function follow(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
