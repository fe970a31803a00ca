/** Use of a package on each platform, in words; `null` if it has none. */
interface Use {
  readonly Express: string | null;
  readonly Fastify: string | null;
  readonly note: string;
}

const APP_USE = '`app.use()`';
const PLUGIN = 'plugin';
const GUARD = '`AuthGuard`';

/** The packages that the suite runs, for the suite itself and for the tables of docs/reports/ecosystem.md. */
export const CATALOGUE = {
  'Flash messages': {
    'connect-flash': {
      Express: APP_USE,
      Fastify: APP_USE,
      note: 'Reading messages creates a session, also for a visitor without one.',
    },
    '@fastify/flash': {
      Express: null,
      Fastify: PLUGIN,
      note: 'Reading messages creates a session, as with connect-flash.',
    },
  },
  'CSRF tokens': {
    'csrf-sync': {
      Express: APP_USE,
      Fastify: `${APP_USE}, token by \`request.raw.csrfToken()\``,
      note: 'The secret is in the field `csrfToken`.',
    },
    '@fastify/csrf-protection': {
      Express: null,
      Fastify: 'plugin and a `preHandler` hook',
      note:
        'All three values of `sessionPlugin`. With `@fastify/session` and `@fastify/secure-session` the secret is in ' +
        'the field `_csrf`. With `@fastify/cookie` the secret is in a separate cookie, and a token outlives the session.',
    },
    'csrf-csrf': {
      Express: `${APP_USE} after cookie-parser`,
      Fastify: '`preHandler` hook, with `@fastify/cookie`',
      note:
        'With `session.id` as the session identifier, a token is valid for one session id: request another one after ' +
        'a sign-in. An empty session has no lasting id, so store something first.',
    },
    csurf: {
      Express: APP_USE,
      Fastify: `${APP_USE}, token by \`request.raw.csrfToken()\``,
      note: 'The secret is in the field `csrfSecret`. Deprecated by its authors; listed for applications that use it.',
    },
    lusca: {
      Express: APP_USE,
      Fastify: `${APP_USE}, after one that sets \`response.locals\``,
      note: 'The secret is in the field `_csrfSecret`. Its error has no status, so Nest answers a rejected request with 500.',
    },
  },
  'Sign-in with identity providers': {
    'passport-oauth2': { Express: GUARD, Fastify: GUARD, note: 'With `state: true` and `pkce: true`.' },
    'passport-openidconnect': {
      Express: GUARD,
      Fastify: GUARD,
      note: 'With `maxAge`, which stores a `Date` in its state.',
    },
    'openid-client': {
      Express: GUARD,
      Fastify: GUARD,
      note: 'Its `Strategy`, with `callbackURL` from `getAuthenticateOptions()`.',
    },
    '@node-saml/passport-saml': {
      Express: GUARD,
      Fastify: GUARD,
      note:
        'The provider posts its response from another site, so the request has no `SameSite=Lax` cookie: the user is ' +
        'signed in, but the fields of the anonymous session are lost. With `cookie.sameSite: ' +
        "'none'` they are kept.",
    },
    grant: { Express: APP_USE, Fastify: PLUGIN, note: "With `transport: 'session'`, `state` and `pkce`." },
    '@fastify/passport': {
      Express: null,
      Fastify: PLUGIN,
      note:
        'Its sign-ins are listed and limited under their user like all others. Its `clearSessionOnLogin` decides ' +
        'what happens to the fields.',
    },
  },
  'Uploads, compression and proxies': {
    multer: { Express: APP_USE, Fastify: null, note: '' },
    '@fastify/multipart': { Express: null, Fastify: PLUGIN, note: '' },
    compression: { Express: APP_USE, Fastify: APP_USE, note: '' },
    '@fastify/compress': { Express: null, Fastify: PLUGIN, note: '' },
    'http-proxy-middleware': {
      Express: APP_USE,
      Fastify: APP_USE,
      note: 'Remove the header `cookie` in `proxyReq`, so that the token does not reach the service.',
    },
    '@codegenie/serverless-express': {
      Express: 'API Gateway, payload 1.0 and 2.0',
      Fastify: null,
      note: '',
    },
  },
  'Nest modules': {
    '@nestjs/throttler': {
      Express: 'guard',
      Fastify: 'guard',
      note: 'List `SessionGuard` before it, and `getTracker()` can count by `request.user`.',
    },
    'nestjs-cls': {
      Express: 'middleware',
      Fastify: 'middleware',
      note: 'Store the request, and read `session` from the request when needed.',
    },
    '@bull-board/nestjs': {
      Express: 'module',
      Fastify: 'module',
      note:
        "Protect it with `app.use('/queues', …)`. On Fastify the module's own option `middleware` protects the page, but " +
        'not the data behind it.',
    },
  },
} satisfies Record<string, Record<string, Use>>;

type Catalogue = typeof CATALOGUE;
export type PackageName = { [Group in keyof Catalogue]: keyof Catalogue[Group] }[keyof Catalogue];

/** Returns the use of a package. */
export function useOf(name: PackageName): Use {
  const groups: readonly Readonly<Record<string, Use>>[] = Object.values(CATALOGUE);
  const use = groups.find((group) => name in group)?.[name];
  if (!use) throw new Error(`${name} is not in the catalogue.`);
  return use;
}

/** Returns the table of one group, with the locked versions. */
export function tableOf(group: keyof Catalogue, versionOf: (name: string) => string): string {
  const uses: Readonly<Record<string, Use>> = CATALOGUE[group];
  const rows = Object.entries(uses).map(([name, { Express, Fastify, note }]) => [
    `\`${name}\``,
    versionOf(name),
    Express ?? '–',
    Fastify ?? '–',
    note,
  ]);
  const head = ['Package', 'Version', 'Express', 'Fastify', 'Note'];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
