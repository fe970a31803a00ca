/** A published vulnerability of other software, and how it relates to the module. */
export interface Advisory {
  /** Tags of the tests that try the attack. A vulnerability without a number has a name that begins with `ADV`. */
  readonly ids: readonly string[];
  readonly vulnerability: string;
  /** Reason why no test covers the advisory; `null` if tests do. */
  readonly notApplicable: string | null;
  /** Markdown for the reader of the page; may be empty. */
  readonly remark: string;
}

const tested = (ids: string, vulnerability: string, remark = ''): Advisory => ({
  ids: ids.split(' '),
  vulnerability,
  notApplicable: null,
  remark,
});
const notApplicable = (ids: string, vulnerability: string, reason: string): Advisory => ({
  ids: ids.split(' '),
  vulnerability,
  notApplicable: reason,
  remark: '',
});

/** Rows of docs/reports/advisories.md. */
export const ADVISORIES: readonly Advisory[] = [
  tested(
    'CVE-2022-25896',
    "passport before 0.6: login and logout kept the session's id",
    'with passport 0.7, both ways of signing in',
  ),
  tested(
    'CVE-2023-29019',
    "@fastify/passport: a login kept the session's id",
    'with passport on Express and on Fastify',
  ),
  tested(
    'CVE-2023-29020 CVE-2022-24895',
    '@fastify/passport, Symfony: the secret of the CSRF tokens outlived the login',
    "The module has no such secret, and an application's is an ordinary field: " +
      '[what to do](../reference/security.md#what-remains-the-applications-job)',
  ),
  tested('CVE-2020-5205', 'Pow: fixation with a store that outlives the process'),
  tested('CVE-2024-38513', "Fiber: an id chosen by the client became the session's id"),
  tested('CVE-2024-7341', "Keycloak's SAML adapter: one way to sign in kept the id", 'every way in'),
  tested('CVE-2024-35220', '@fastify/session: reading a session extended it'),
  tested(
    'CVE-2024-31999',
    '@fastify/secure-session: the cookie of a destroyed session stayed valid',
    'every way out',
  ),
  tested(
    'CVE-2025-46336 GHSA-9j94-67jr-4cqj',
    'rack-session: a slow request restored an ended session',
    'also a part of the race suite for stores',
  ),
  tested(
    'GHSA-q4xf-7fw5-4x8v',
    'Laravel: a remember-me cookie outlived a password reset',
    "A persistent cookie is a session's cookie and ends with it",
  ),
  tested(
    'ADV-better-auth-sign-out',
    "better-auth, 2025: the multi-session sign-out ended others' sessions by unsigned cookies",
  ),
  tested(
    'CVE-2026-53517 CVE-2026-53518',
    'better-auth and its OAuth provider: lookup and deletion were separate, so a token could be redeemed twice',
  ),
  tested('CVE-2023-48309', 'next-auth: a token made for another purpose was accepted as a session'),
  tested(
    'CVE-2016-1000236',
    'cookie-signature: the comparison time depended on the length of the match',
    'The tag of a rotated token is compared; all other lookups are by digest',
  ),
  tested('CVE-2021-34428', 'Jetty: a listener that failed kept the session valid'),
  tested('GHSA-xg6x-h9c9-2m83', 'better-auth: a cached session passed before the second factor'),
  tested('CVE-2023-23934', 'Werkzeug: a nameless cookie was read as the cookie named in its value'),
  tested(
    'ADV-portswigger-cookie-prefix',
    'several parsers, reported by PortSwigger in 2025: unusual spaces, `$Version` and quotes turned another cookie into ' +
      'a `__Host-` cookie',
    'also tried with ten thousand generated headers',
  ),
  tested(
    'CVE-2024-47764 GHSA-pxg6-pf52-xh8x',
    'cookie: names, paths and domains with characters that terminate the attribute',
  ),
  tested('CVE-2026-21710', 'Node: a header named `__proto__` made `headersDistinct` throw'),
  tested('CVE-2025-61686', 'React Router: an id from the cookie became a path'),
  tested('GHSA-q5pr-72pq-83v3', 'h3: the client controlled how many chunks of a cookie were read'),
  tested(
    'GHSA-2ffv-r4r9-r8xr GHSA-2867-6rrm-38gr',
    'Laravel: session data in a cookie was unserialised and ran code',
    'No data comes from a cookie, and JSON revives no classes',
  ),
  tested('CVE-2025-7339', 'on-headers: `writeHead` with an array got the wrong headers'),
  tested(
    'CVE-2023-30861 CVE-2026-27205',
    'Flask: responses that depended on the session lacked `Vary: Cookie`',
    'every way to read a session',
  ),
  tested('CVE-2025-48947', 'nextjs-auth0: a CDN cached a response with a session cookie'),
  tested('CVE-2015-5143 CVE-2015-5963 CVE-2015-5964', 'Django: anonymous clients filled the store'),
  tested('CVE-2019-16782', 'Rack: lookup times revealed ids', 'A key is a digest'),
  tested(
    'CVE-2023-20866',
    'Spring Session: ids were logged',
    'also checked at the end of every end-to-end test',
  ),
  tested('CVE-2023-28858', 'redis-py: a reply went to the wrong request'),
  tested('CVE-2025-61928', 'better-auth: without a session, the user was taken from the body'),
  tested(
    'CVE-2025-49844 CVE-2025-46817 CVE-2025-46818 CVE-2024-46981 CVE-2024-31449',
    'Redis: Lua scripts escaped their sandbox',
    "within the module's reach: clients cannot influence the scripts. Keep the server " +
      '[patched](../reference/security.md#redis)',
  ),
  tested(
    'ADV-ioredis-moved',
    'ioredis before 6.0.0: a MOVED with a non-numeric slot changed `Array.prototype`',
    'Version 5 is vulnerable, but only to a hostile Redis Cluster, which holds all sessions anyway',
  ),
  notApplicable(
    'CVE-2026-39324',
    'rack-session: undecryptable data was read as plain text',
    'sessions are not encrypted, so there is no fallback. Session data is never read from a client',
  ),
  notApplicable(
    'CVE-2025-47278',
    'Flask: new cookies were signed with the oldest of several keys',
    'the cookie is a random token. There are no signing keys to rotate',
  ),
  notApplicable(
    'CVE-2017-14775',
    'Laravel: the comparison time of remember-me tokens revealed them',
    "there is no second token that is compared with a stored one. A persistent cookie holds the session's token, which is " +
      'looked up by its digest',
  ),
];
