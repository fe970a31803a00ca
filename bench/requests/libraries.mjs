// The libraries that are measured, each by the name of its rows. Each is loaded where it is used and nowhere else.
//
// A library has: `guard`, a class that lets in who is signed in; `session()`, the decorator of a parameter that gets
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
