import type { CustomDecorator, ExecutionContext } from '@nestjs/common';
import { SetMetadata } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';

type Handler = ReturnType<ExecutionContext['getHandler']>;
type Controller = ReturnType<ExecutionContext['getClass']>;

const USED = Symbol.for('nestjs-redis-session:used-decorators');

/** The keys of the decorators in use. Shared by all copies of this package, any of which may have the decorator. */
const used = ((globalThis as { [USED]?: Set<string> })[USED] ??= new Set());

/** Returns a decorator that puts metadata on a route, and notes that the application uses it. */
export function setRouteMetadata(key: string, value: unknown): CustomDecorator {
  used.add(key);
  return SetMetadata(key, value);
}

/**
 * Returns true if a decorator of {@link setRouteMetadata} is in use. Decorators run when their classes are imported, and so
 * before an application with these classes starts.
 */
export function isRouteMetadataUsed(key: string): boolean {
  return used.has(key);
}

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
