import type { InjectionToken } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { IS_SESSION_MODULE } from './single-module.js';

/** A provider as Nest keeps it. For a factory, `metatype` is the function. */
interface Provided {
  readonly metatype: unknown;
  readonly inject?: readonly unknown[] | null | undefined;
}

/** Keys of Nest's metadata for `@Inject()` on a constructor's parameters and on properties. */
const PARAMETERS = 'self:paramtypes';
const PROPERTIES = 'self:properties_metadata';

/**
 * Returns true if a provider of the session module was replaced, and its replacement does not inject `other`, which then
 * need not be created. Tests that replace the store run without Redis for this reason.
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
