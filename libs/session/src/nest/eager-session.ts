import type { Next } from '../http/session-handler.js';
import { requestSessionOf } from '../http/request-session.js';

/**
 * Loads the session of each request that passes: middleware for routes with other middleware that reads
 * `request.session` synchronously, such as `passport.session()`. Only needed with the option `load: 'lazy'`.
 *
 * Works as middleware of a Nest module, with `app.use()` on Express and Fastify, and as a `preValidation` hook of Fastify.
 *
 * @example
 * consumer.apply(eagerSession, passport.initialize(), passport.session()).forRoutes('admin');
 */
export function eagerSession(request: object, _response: unknown, next: Next): void {
  const loading = requestSessionOf(request).load();
  if (!loading) return next();
  void loading.then(() => next(), next);
}
