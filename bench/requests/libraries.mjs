// The measured libraries, keyed by the names of their rows. Each is imported only where it is measured.
//
// A library has: `guard`, a class that admits signed-in users; `session()`, the decorator of a parameter that gets
// the session; `signIn(session, userId, fields)`; and what it needs of `imports` and `mount(app)`.

export const LIBRARIES = {
  none: () => import('./libraries/none.mjs').then(({ none }) => none()),
  'express-session': (url) =>
    import('./libraries/express-session.mjs').then(({ expressSession }) => expressSession(url)),
  'fastify-session': (url) =>
    import('./libraries/fastify-session.mjs').then(({ fastifySession }) => fastifySession(url)),
  'nestjs-session': (url) =>
    import('./libraries/nestjs-session.mjs').then(({ nestjsSession }) => nestjsSession(url)),
  'iron-session': () => import('./libraries/iron-session.mjs').then(({ ironSession }) => ironSession()),
  strict: (url) => import('./libraries/own.mjs').then(({ own }) => own(url, {})),
  cached: (url) => import('./libraries/own.mjs').then(({ own }) => own(url, { cache: true })),
};
