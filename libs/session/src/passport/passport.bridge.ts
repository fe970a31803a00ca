import { isPassportAtWork, linkRequests } from './passport.user.js';

/** What passport's middleware puts on a request. */
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

interface FastifyLikeRequest {
  readonly raw: object;
}

interface FastifyLikeInstance {
  addHook(
    name: 'preHandler',
    hook: (request: FastifyLikeRequest, reply: unknown, done: () => void) => void,
  ): unknown;
}

/**
 * On Fastify, `app.use(passport.session())` sees Node's request while guards and handlers see Fastify's. This brings
 * what passport found out from the one to the other, so that the same application code works on both platforms.
 */
export function bridgePassport(fastify: FastifyLikeInstance): void {
  fastify.addHook('preHandler', (request, _reply, done) => {
    linkRequests(request);
    if (isPassportAtWork(request.raw)) {
      const raw = request.raw as Record<string, unknown>;
      for (const name of PASSPORT_PROPERTIES) {
        if (raw[name] !== undefined) (request as unknown as Record<string, unknown>)[name] = raw[name];
      }
    }
    done();
  });
}
