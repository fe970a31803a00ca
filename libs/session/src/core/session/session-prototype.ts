import { METHOD_NAMES, PROTOTYPE_NAMES, reservedNameError } from '../fields/field-names.js';
import { refuseCookie } from './session-cookie.js';

/**
 * Makes the methods read-only. A plain assignment to a method would shadow it, and one to `__proto__`
 * would replace the prototype. Passport copies properties from one session to another by assignment.
 */
export function sealPrototype(prototype: object): void {
  for (const name of [...METHOD_NAMES, ...PROTOTYPE_NAMES]) {
    const present = Object.getOwnPropertyDescriptor(prototype, name);
    Object.defineProperty(prototype, name, {
      get: () => present?.value as unknown,
      ...(present?.get && present),
      enumerable: false,
      configurable: false,
      set: () => {
        if (name === 'cookie') refuseCookie();
        throw reservedNameError(name);
      },
    });
  }
  Object.freeze(prototype);
}
