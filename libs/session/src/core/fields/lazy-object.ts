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
 * The `this` with which {@link isLazy} calls an accessor, which then returns its own mark: cheaper than a descriptor. Frozen,
 * because an accessor of the application may keep a value in its `this`.
 */
const PROBE = Object.freeze({});

/** The mark of the accessor of a lazy property. */
class Mark {
  constructor(readonly name: string) {}
}

/**
 * An object with properties that are computed when they are first read.
 *
 * Properties of the same name share their accessors. An object with accessors of its own would not share the engine's hidden
 * class with other objects, which costs several times as much as everything else about the object.
 */
export class LazyObject {
  #source: PropertySource | null = null;

  /** Connects an object with the source of its properties. */
  static connect(object: LazyObject, source: PropertySource): void {
    object.#source = source;
  }

  /** Returns the source of an object, or of the object from which it inherits its properties. */
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

/** Returns true if a property is the one that {@link defineLazily} defined, and was not replaced. */
export function isLazy(object: LazyObject, name: string): boolean {
  if (!Object.hasOwn(object, name)) return false;
  try {
    const found: unknown = Reflect.get(object, name, PROBE);
    return found instanceof Mark && found.name === name;
  } catch {
    // An accessor of the application, which needs its own object.
    return false;
  }
}

function share(name: string): PropertyDescriptor {
  const mark = new Mark(name);
  const descriptor: PropertyDescriptor = {
    enumerable: true,
    configurable: true,
    get(this: object) {
      return this === PROBE ? mark : LazyObject.sourceOf(this).read(name);
    },
    set(this: object, value: unknown) {
      LazyObject.sourceOf(this).write(name, value);
    },
  };
  if (shared.size < MAX_SHARED) shared.set(name, descriptor);
  return descriptor;
}
