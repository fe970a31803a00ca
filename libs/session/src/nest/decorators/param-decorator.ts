import type { ExecutionContext, PipeTransform, Type } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';

/** Where TypeScript and SWC leave the types of a method's parameters. */
const PARAMETER_TYPES = 'design:paramtypes';

type Argument = string | Type<PipeTransform> | PipeTransform;

/**
 * Makes a decorator that injects something of ours into a handler's parameter, past the pipes for all handlers: a
 * global `ValidationPipe({ validateCustomDecorators: true })` would make a copy of a session and validate it, by the
 * type that stands at the parameter. So that type is withheld, unless the parameter has pipes of its own, which may
 * want it.
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

/** Decorators of parameters run after the types have been noted. */
function withholdType(target: object, key: string | symbol, index: number): void {
  const types = Reflect.getOwnMetadata(PARAMETER_TYPES, target, key) as readonly unknown[] | undefined;
  if (types) Reflect.defineMetadata(PARAMETER_TYPES, types.with(index, Object), target, key);
}
