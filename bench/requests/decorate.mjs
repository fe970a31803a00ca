// Applies decorators in the way a compiler does, for programs that run uncompiled.

/** Decorates a method and its parameters. */
export function decorateMethod({ prototype }, name, decorators, parameters = []) {
  parameters.forEach((decorate, index) => decorate(prototype, name, index));
  for (const decorate of decorators)
    decorate(prototype, name, Object.getOwnPropertyDescriptor(prototype, name));
}
