/**
 * Lets `instanceof` recognise the instances of a class by a mark, and not by the class itself. A process may load this
 * package twice, as an ES module and as CommonJS, and an error of the one copy is caught by the class of the other.
 *
 * Classes that extend a marked one, and are not marked themselves, are recognised as usual.
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
