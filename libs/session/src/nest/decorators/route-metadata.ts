import type { ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';

type Handler = ReturnType<ExecutionContext['getHandler']>;
type Controller = ReturnType<ExecutionContext['getClass']>;

/**
 * The metadata that a decorator has put on a handler, or else on its controller. Decorators run before the first request,
 * so each route is looked up once: a lookup takes longer than the guards do. Handlers are held weakly, because some
 * applications create handlers at run time.
 */
export class RouteMetadata<Value> {
  private readonly known = new WeakMap<Controller, WeakMap<Handler, Value | undefined>>();

  constructor(
    private readonly reflector: Reflector,
    private readonly key: string,
  ) {}

  /** Returns the metadata of a route; `undefined` if there is none. */
  of(context: ExecutionContext): Value | undefined {
    const [handler, controller] = [context.getHandler(), context.getClass()];
    const handlers = this.handlersOf(controller);
    if (!handlers.has(handler)) {
      handlers.set(
        handler,
        this.reflector.getAllAndOverride<Value | undefined>(this.key, [handler, controller]),
      );
    }
    return handlers.get(handler);
  }

  private handlersOf(controller: Controller): WeakMap<Handler, Value | undefined> {
    const known = this.known.get(controller);
    if (known) return known;
    const handlers = new WeakMap<Handler, Value | undefined>();
    this.known.set(controller, handlers);
    return handlers;
  }
}
