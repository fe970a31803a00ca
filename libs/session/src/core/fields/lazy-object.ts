import { SessionUsageError } from '../errors/errors.js';

/** The source of lazy properties, which also receives assignments. */
export interface PropertySource {
  read(name: string): unknown;
  write(name: string, value: unknown): void;
}

/** More names than an application has fields. Clients may choose names, so the cache is bounded. */
const MAX_SHARED = 1_000;

const shared = new Map<string, PropertyDescriptor>();

/**
 * An object with properties that are computed when they are first read.
 *
 * All objects share the accessors of properties of the same name. With its own accessors an object would no longer share the
 * engine's hidden class of the others, which costs several times as much as everything else about it.
 */
export class LazyObject {
  #source: PropertySource | null = null;

  /** Connects an object with the source of its properties. */
  static connect(object: LazyObject, source: PropertySource): void {
    object.#source = source;
  }

  /** Returns the source of an object, or of the one that it inherits its properties from. */
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

/** Defines a property that its source computes. */
export function defineLazily(object: LazyObject, name: string): void {
  Object.defineProperty(object, name, shared.get(name) ?? share(name));
}

/** Returns true if a property is still the one of {@link defineLazily}, and was not deleted and written. */
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
