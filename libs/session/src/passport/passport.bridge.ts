import { isPassportAtWork, linkRequests } from './passport.user.js';

/** Names of the properties that passport's middleware sets on a request. */
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
  readonly raw: { readonly socket: unknown; readonly flash?: unknown };
  /** Express' name for the response of a request. */
  res?: unknown;
  /** Former name of `socket`. */
  connection?: unknown;
  /** Method of `connect-flash`, which keeps messages for the next page. */
  flash?: unknown;
}

interface FastifyLikeReply {
  header(name: string, value: unknown): this;
  removeHeader(name: string): this;
  send(body?: unknown): this;
  /** Methods of Node's response that strategies use to redirect. */
  setHeader?: typeof setHeader;
  end?: typeof end;
}

interface FastifyLikeInstance {
  addHook(
    name: 'onRequest' | 'preHandler',
    hook: (request: FastifyLikeRequest, reply: FastifyLikeReply, done: () => void) => void,
  ): unknown;
}

/** Replaces a header, as `setHeader` of Node's response does; Fastify's `header` would add to an existing `Set-Cookie`. */
function setHeader(this: FastifyLikeReply, name: string, value: unknown): FastifyLikeReply {
  return this.removeHeader(name).header(name, value);
}

function end(this: FastifyLikeReply, body?: unknown): FastifyLikeReply {
  return this.send(body);
}

/**
 * Connects passport's middleware with Fastify. `app.use(passport.session())` receives Node's request, while guards and
 * handlers receive Fastify's. The bridge copies passport's properties to Fastify's request, and adds the members of
 * Express' request and response that strategies use, so that the same application code works on both platforms.
 */
export function bridgePassport(fastify: FastifyLikeInstance): void {
  // Runs before any hook in which `@fastify/passport` signs a user in and responds.
  fastify.addHook('onRequest', (request, _reply, done) => {
    linkRequests(request);
    done();
  });
  fastify.addHook('preHandler', (request, reply, done) => {
    completeForStrategies(request, reply);
    if (isPassportAtWork(request.raw)) {
      const raw = request.raw as unknown as Record<string, unknown>;
      for (const name of PASSPORT_PROPERTIES) {
        if (raw[name] !== undefined) (request as unknown as Record<string, unknown>)[name] = raw[name];
      }
    }
    done();
  });
}

/** Adds the members of Express that strategies use. Existing members, from the application's hooks or decorators, are kept. */
function completeForStrategies(request: FastifyLikeRequest, reply: FastifyLikeReply): void {
  reply.setHeader ??= setHeader;
  reply.end ??= end;
  request.res ??= reply;
  request.connection ??= request.raw.socket;
  request.flash ??= request.raw.flash;
}
