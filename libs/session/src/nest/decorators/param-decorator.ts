import type { ExecutionContext, PipeTransform, Type } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';

/** The metadata key of a method's parameter types, as TypeScript and SWC emit them. */
const PARAMETER_TYPES = 'design:paramtypes';

type Argument = string | Type<PipeTransform> | PipeTransform;

/**
 * Returns a decorator that injects a value into a handler's parameter and bypasses global pipes: a global
 * `ValidationPipe({ validateCustomDecorators: true })` would copy a session and validate it, by the declared type of the
 * parameter. So that type is withheld, unless the parameter has its own pipes, which may need it.
 */
export function createSessionParamDecorator<Data>(
  valueOf: (data: Data, context: ExecutionContext) => unknown,
): (...pathAndPipes: Argument[]) => ParameterDecorator {
  const decorate = createParamDecorator(valueOf) as (...args: Argument[]) => ParameterDecorator;
  return (...args) =>
    (target, key, index) => {
      decorate(...args)(target, key, index);
      const hasPipes = args.some((argument) => typeof argument !== 'string');
      if (!hasPipes && key !== undefined) withholdType(target, key, index);
    };
}

/** Replaces the type in the metadata. Parameter decorators run after the metadata was emitted. */
function withholdType(target: object, key: string | symbol, index: number): void {
  const types = Reflect.getOwnMetadata(PARAMETER_TYPES, target, key) as readonly unknown[] | undefined;
  if (types) Reflect.defineMetadata(PARAMETER_TYPES, types.with(index, Object), target, key);
}
