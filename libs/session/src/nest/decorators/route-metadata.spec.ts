import type { ExecutionContext } from '@nestjs/common';
import { Controller, Get, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { RouteMetadata } from './route-metadata.js';

const KEY = 'colour';

class Base {
  @Get()
  inherited() {
    return null;
  }

  @SetMetadata(KEY, 'red')
  @Get('own')
  own() {
    return null;
  }
}

@Controller()
@SetMetadata(KEY, 'blue')
class Blue extends Base {}

@Controller()
class Plain extends Base {}

type Name = 'inherited' | 'own';

function route(controller: typeof Base, name: Name): ExecutionContext {
  const context: Pick<ExecutionContext, 'getHandler' | 'getClass'> = {
    getHandler: () => controller.prototype[name],
    getClass: () => controller as never,
  };
  return context as ExecutionContext;
}

describe('RouteMetadata', () => {
  let asked = 0;

  class CountingReflector extends Reflector {
    override getAllAndOverride(...args: Parameters<Reflector['getAllAndOverride']>): never {
      asked += 1;
      return super.getAllAndOverride<never>(...args);
    }
  }

  it.each([
    [Blue, 'inherited', 'blue'],
    [Blue, 'own', 'red'],
    [Plain, 'inherited', undefined],
    [Plain, 'own', 'red'],
  ] as const)(
    'returns the metadata of the handler of %p.%s, else of the controller, and looks it up once',
    (controller, name, value) => {
      asked = 0;
      const metadata = new RouteMetadata<string>(new CountingReflector(), KEY);
      // Of two controllers that share their handlers each has its own.
      metadata.of(route(controller === Blue ? Plain : Blue, name));
      expect([metadata.of(route(controller, name)), metadata.of(route(controller, name))]).toEqual([
        value,
        value,
      ]);
      expect(asked).toBe(2);
    },
  );
});
