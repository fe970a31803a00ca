import { SessionUsageError } from './errors.js';

/** Where the values of lazy properties come from, and what is told when one is written. */
export interface PropertySource {
  read(name: string): unknown;
  write(name: string, value: unknown): void;
}

/** More names than an application has fields. Names may come from clients, so they are not kept without end. */
const MAX_SHARED = 1_000;

const shared = new Map<string, PropertyDescriptor>();

/**
 * An object with properties that are worked out when they are first read.
 *
 * Accessors are shared by all objects that have a property of the same name. With accessors of its own an object
 * loses the form that the engine knows from the others, which costs several times as much as all else about it.
 */
export class LazyObject {
  #source: PropertySource | null = null;

  /** Says where the values come from. */
  static connect(object: LazyObject, source: PropertySource): void {
    object.#source = source;
  }

  /** The source of an object, or of the one that it inherits its properties from. */
  static sourceOf(object: object): PropertySource {
    for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at) as object | null) {
      if (#source in at && at.#source) return at.#source;
    }
    throw new SessionUsageError(
      'A field of a session was read from another object, such as a proxy of the session or a copy of its accessors. ' +
        'Read it from the session itself, or copy the values: { ...session }.',
    );
  }
}

Object.freeze(LazyObject.prototype);

/** Gives an object a property that asks its source. */
export function defineLazily(object: LazyObject, name: string): void {
  Object.defineProperty(object, name, shared.get(name) ?? share(name));
}

/** Whether a property is still the one of {@link defineLazily}. Nobody tells when it is deleted and written anew. */
export function isLazy(object: LazyObject, name: string): boolean {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- compared, never called
  const getter = Object.getOwnPropertyDescriptor(object, name)?.get;
  return getter !== undefined && getter === shared.get(name)?.get;
}

function share(name: string): PropertyDescriptor {
  const descriptor: PropertyDescriptor = {
    enumerable: true,
    configurable: true,
    get(this: object) {
      return LazyObject.sourceOf(this).read(name);
    },
    set(this: object, value: unknown) {
      LazyObject.sourceOf(this).write(name, value);
    },
  };
  if (shared.size < MAX_SHARED) shared.set(name, descriptor);
  return descriptor;
}
