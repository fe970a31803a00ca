import type { PipeTransform, Type } from '@nestjs/common';
import { createSessionParamDecorator } from './param-decorator.js';
import { requestSessionOf } from '../../http/request-session.js';
import { requestOf } from '../execution-context.js';

/**
 * Injects the signed-in user, or the value at a property path, such as `'address.city'`. `null` if no user is signed in.
 * Global pipes are not applied to it.
 *
 * The user is the one that the option `users.load` returns for the session's user ID, loaded once per request; without that
 * option the user on the request, if it is the session's, where passport leaves it; else `{ id }`.
 */
export const CurrentUser: (
  ...pathAndPipes: (string | Type<PipeTransform> | PipeTransform)[]
) => ParameterDecorator = createSessionParamDecorator((path: string | undefined, context): unknown => {
  const request = requestOf(context, '@CurrentUser()');
  const session = requestSessionOf(request);
  return session.whenLoaded(() => {
    const user = session.http.users.of(session.getContext(), request);
    return user instanceof Promise ? user.then((loaded) => follow(loaded, path)) : follow(user, path);
  });
});

function follow(value: unknown, path: string | undefined): unknown {
  if (path === undefined) return value;
  return path.split('.').reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
