import type { InjectionToken } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { IS_SESSION_MODULE } from './only-one.js';

/** A provider as Nest keeps it: of a factory, `metatype` is the function. */
interface Provided {
  readonly metatype: unknown;
  readonly inject?: readonly unknown[] | null | undefined;
}

/** Where Nest keeps what `@Inject()` says of a constructor's parameters, and of properties. */
const PARAMETERS = 'self:paramtypes';
const PROPERTIES = 'self:properties_metadata';

/**
 * Whether a provider of the session module is not its own any more, and what takes its place has no use for another:
 * then the other need not be made. Tests replace the store so, and have no Redis.
 *
 * @param token the provider in question
 * @param factory the module's own factory of it
 * @param other the provider that its replacement may inject
 */
export function isReplacedWithout(
  modules: ModulesContainer,
  token: InjectionToken,
  factory: unknown,
  other: InjectionToken,
): boolean {
  const module = [...modules.values()].find(({ metatype }) => IS_SESSION_MODULE in metatype);
  const provider = module?.providers.get(token) as Provided | undefined;
  return provider !== undefined && provider.metatype !== factory && !injects(provider, other);
}

function injects({ metatype, inject }: Provided, token: InjectionToken): boolean {
  if (inject)
    return inject.some((item) => item === token || (item as { token?: unknown } | null)?.token === token);
  if (typeof metatype !== 'function') return false;
  const parameters = (Reflect.getMetadata(PARAMETERS, metatype) ?? []) as readonly { param: unknown }[];
  const properties = (Reflect.getMetadata(PROPERTIES, metatype) ?? []) as readonly { type: unknown }[];
  return parameters.some(({ param }) => param === token) || properties.some(({ type }) => type === token);
}
