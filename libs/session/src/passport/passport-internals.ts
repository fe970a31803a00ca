/**
 * Every use of members of requests that `passport` and `@fastify/passport` do not document. `passport-internals.spec.ts`
 * checks those of `passport` against the installed version, and `test/ecosystem` runs `@fastify/passport`.
 */

/** A request with the members that passport adds. */
interface PassportRequest {
  /** Left by `initialize()`, `session()` and `authenticate()` of `passport`. */
  readonly _sessionManager?: unknown;
  /** Put on every request by the plugin of `@fastify/passport`. */
  readonly passport?: { readonly sessionManager?: unknown };
}

/** The properties that middleware of `passport` sets on a request. */
const PASSPORT_PROPERTIES = [
  'user',
  'authInfo',
  'login',
  'logIn',
  'logout',
  'logOut',
  'isAuthenticated',
  'isUnauthenticated',
  '_sessionManager',
  '_userProperty',
  '_passport',
] as const;

/** Returns true if passport takes part in a request. */
export function isMarkedByPassport(request: object): boolean {
  const { _sessionManager, passport } = request as PassportRequest;
  return (_sessionManager ?? passport?.sessionManager) !== undefined;
}

/** Returns true if `@fastify/passport` is registered on a Fastify instance, by the members that it gives to requests. */
export function hasFastifyPassport(fastify: { hasRequestDecorator(name: string): boolean }): boolean {
  return ['passport', 'logIn'].every((name) => fastify.hasRequestDecorator(name));
}

/** Copies the properties that middleware of `passport` has set on Node's request to the one that handlers see. */
export function copyPassportProperties(from: object, to: object): void {
  for (const name of PASSPORT_PROPERTIES) {
    const value = (from as Record<string, unknown>)[name];
    if (value !== undefined) (to as Record<string, unknown>)[name] = value;
  }
}
