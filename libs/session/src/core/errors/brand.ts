/**
 * Lets `instanceof` recognise the instances of a class by a mark instead of the class itself. A process may load this
 * package twice, as an ES module and as CommonJS, and `instanceof` must match across the two copies.
 *
 * Unmarked classes that extend a marked one are recognised as usual.
 */
export function brand(type: abstract new (...args: never[]) => object, name: string): void {
  const mark = Symbol.for(`nestjs-redis-session.${name}`);
  Object.defineProperty(type.prototype, mark, { value: true });
  Object.defineProperty(type, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      if (this !== type) return Function.prototype[Symbol.hasInstance].call(this, value);
      return typeof value === 'object' && value !== null && mark in value;
    },
  });
}
