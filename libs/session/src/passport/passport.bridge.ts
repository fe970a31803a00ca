import { copyPassportProperties } from './passport-internals.js';
import { isPassportActive } from './passport-request.js';

interface FastifyLikeRequest {
  readonly raw: { readonly socket: unknown; readonly flash?: unknown };
  /** The response of a request, under its name in Express. */
  res?: unknown;
  /** The old name of `socket`. */
  connection?: unknown;
  /** Messages of `connect-flash` for the next page. */
  flash?: unknown;
}

interface FastifyLikeReply {
  header(name: string, value: unknown): this;
  removeHeader(name: string): this;
  send(body?: unknown): this;
  /** Methods of Node's response with which strategies redirect. */
  setHeader?: typeof setHeader;
  end?: typeof end;
}

interface FastifyLikeInstance {
  addHook(
    name: 'preHandler',
    hook: (request: FastifyLikeRequest, reply: FastifyLikeReply, done: () => void) => void,
  ): unknown;
}

/** Sets a header as Node's response does. Fastify's own `header()` adds to a `Set-Cookie` that is set. */
function setHeader(this: FastifyLikeReply, name: string, value: unknown): FastifyLikeReply {
  return this.removeHeader(name).header(name, value);
}

function end(this: FastifyLikeReply, body?: unknown): FastifyLikeReply {
  return this.send(body);
}

/**
 * Makes passport work on Fastify, where `app.use(passport.session())` sees Node's request, and guards and handlers see
 * Fastify's. Copies the properties that passport sets from the one to the other, and gives Fastify's request and reply the
 * members of Express' that strategies need, so that the same application code works on both platforms.
 */
export function bridgePassport(fastify: FastifyLikeInstance): void {
  fastify.addHook('preHandler', (request, reply, done) => {
    completeForStrategies(request, reply);
    if (isPassportActive(request.raw, request)) copyPassportProperties(request.raw, request);
    done();
  });
}

/** Adds the members that strategies need, unless the application's own hooks and decorators have. */
function completeForStrategies(request: FastifyLikeRequest, reply: FastifyLikeReply): void {
  reply.setHeader ??= setHeader;
  reply.end ??= end;
  request.res ??= reply;
  request.connection ??= request.raw.socket;
  request.flash ??= request.raw.flash;
}
