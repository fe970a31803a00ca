import type { PipeTransform, Type } from '@nestjs/common';
import { createSessionParamDecorator } from './param-decorator.js';
import { contextOf, usersOf } from '../../http/request.js';
import { requestOf } from '../execution-context.js';

/**
 * Injects the user who is signed in, or what a property path leads to, such as `'address.city'`. `null` where nobody
 * is signed in. Pipes for all handlers leave it alone.
 *
 * The user is what the option `users.load` gives for the session's user id, fetched once a request; without that
 * option the user on the request, if it is the session's, as passport leaves it there; else `{ id }`.
 */
export const CurrentUser: (
  ...pathAndPipes: (string | Type<PipeTransform> | PipeTransform)[]
) => ParameterDecorator = createSessionParamDecorator(
  async (path: string | undefined, context): Promise<unknown> => {
    const request = requestOf(context, '@CurrentUser()');
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
