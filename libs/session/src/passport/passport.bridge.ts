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
  readonly raw: { readonly socket: unknown; readonly flash?: unknown };
  /** What Express calls the response of a request. */
  res?: unknown;
  /** The old name of `socket`. */
  connection?: unknown;
  /** Where `connect-flash` puts messages for the next page. */
  flash?: unknown;
}

interface FastifyLikeReply {
  header(name: string, value: unknown): this;
  removeHeader(name: string): this;
  send(body?: unknown): this;
  /** Methods of Node's response, by which strategies redirect. */
  setHeader?: typeof setHeader;
  end?: typeof end;
}

interface FastifyLikeInstance {
  addHook(
    name: 'onRequest' | 'preHandler',
    hook: (request: FastifyLikeRequest, reply: FastifyLikeReply, done: () => void) => void,
  ): unknown;
}

/** `setHeader` of Node's response, on Fastify's reply, which adds to a `Set-Cookie` that is there. */
function setHeader(this: FastifyLikeReply, name: string, value: unknown): FastifyLikeReply {
  return this.removeHeader(name).header(name, value);
}

function end(this: FastifyLikeReply, body?: unknown): FastifyLikeReply {
  return this.send(body);
}

/**
 * On Fastify, `app.use(passport.session())` sees Node's request while guards and handlers see Fastify's. This brings
 * what passport found out from the one to the other, and gives Fastify's request and reply what strategies need of
 * Express', so that the same application code works on both platforms.
 */
export function bridgePassport(fastify: FastifyLikeInstance): void {
  // Before any hook in which `@fastify/passport` signs in and answers.
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

/** Applications have hooks and decorators of their own for this, which stay in force. */
function completeForStrategies(request: FastifyLikeRequest, reply: FastifyLikeReply): void {
  reply.setHeader ??= setHeader;
  reply.end ??= end;
  request.res ??= reply;
  request.connection ??= request.raw.socket;
  request.flash ??= request.raw.flash;
}
