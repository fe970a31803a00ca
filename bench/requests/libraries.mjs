// The measured libraries, keyed by the names of their rows. Each is imported only where it is measured.
//
// A library has: `guard`, a class that admits signed-in users; `session()`, the decorator of a parameter that gets
// the session; `signIn(session, userId, fields, { request, response })`, which sets a cookie or returns an `accessToken`;
// `write(session, field, value)` and `increment(session)` where they are measured; and what it needs of `imports` and
// `mount(app)`.

export const LIBRARIES = {
  none: () => import('./libraries/none.mjs').then(({ none }) => none()),
  'floor-hgetall': (url) => import('./libraries/floor.mjs').then(({ floorHgetall }) => floorHgetall(url)),
  'floor-get': (url) => import('./libraries/floor.mjs').then(({ floorGet }) => floorGet(url)),
  'floor-map': () => import('./libraries/floor.mjs').then(({ floorMap }) => floorMap()),
  'floor-write': (url) => LIBRARIES['floor-hgetall'](url),
  'floor-login': (url) => LIBRARIES['floor-hgetall'](url),
  'express-session': (url) =>
    import('./libraries/express-session.mjs').then(({ expressSession }) => expressSession(url)),
  'fastify-session': (url) =>
    import('./libraries/fastify-session.mjs').then(({ fastifySession }) => fastifySession(url)),
  'nestjs-session': (url) =>
    import('./libraries/nestjs-session.mjs').then(({ nestjsSession }) => nestjsSession(url)),
  'iron-session': () => import('./libraries/iron-session.mjs').then(({ ironSession }) => ironSession()),
  'better-auth': (url) => import('./libraries/better-auth.mjs').then(({ betterAuth }) => betterAuth(url)),
  'better-auth-cache': (url) =>
    import('./libraries/better-auth.mjs').then(({ betterAuth }) =>
      betterAuth(url, { enabled: true, maxAge: 5 * 60 }),
    ),
  'jwt-hs256': () => import('./libraries/jwt.mjs').then(({ jwtHs256 }) => jwtHs256()),
  'jwt-es256': () => import('./libraries/jwt.mjs').then(({ jwtEs256 }) => jwtEs256()),
  'jwt-jose': () => import('./libraries/jwt.mjs').then(({ jwtJose }) => jwtJose()),
  strict: (url) => import('./libraries/own.mjs').then(({ own }) => own(url, {})),
  lazy: (url) => import('./libraries/own.mjs').then(({ own }) => own(url, { load: 'lazy' })),
  'strict-telemetry': (url) => withTelemetry(url, {}),
  'cached-telemetry': (url) => withTelemetry(url, { cache: true }),
  cached: (url) => import('./libraries/own.mjs').then(({ own }) => own(url, { cache: true })),
};

/** Returns this module with its metrics in the default registry of prom-client. */
async function withTelemetry(url, options) {
  const { own } = await import('./libraries/own.mjs');
  const { prometheus } = await import('nestjs-redis-session/telemetry');
  return own(url, { ...options, telemetry: prometheus() });
}
