import type { ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';

type Handler = ReturnType<ExecutionContext['getHandler']>;
type Controller = ReturnType<ExecutionContext['getClass']>;

/**
 * What a decorator has put on a handler, or else on its controller. Decorators have run before the first request does,
 * so each route is looked up once: to look costs a request more than what the guards do with it. Held weakly, for some
 * applications make handlers as they go.
 */
export class RouteMetadata<Value> {
  private readonly known = new WeakMap<Controller, WeakMap<Handler, Value | undefined>>();

  constructor(
    private readonly reflector: Reflector,
    private readonly key: string,
  ) {}

  /** `undefined`: neither has any. */
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
