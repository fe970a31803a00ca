import { resolveCookie } from '../options/cookie-options.js';
import { SessionCookie } from './cookie.js';
import { CookieTransport } from './cookie-transport.js';

const TOKEN = 'abc'.padEnd(46, 'x');
const OTHER = 'abc'.padEnd(46, 'y');
const NBSP = '\u00a0';

const secure = new SessionCookie(resolveCookie({}));
const plain = new SessionCookie(resolveCookie({ secure: false }));

const secureTransport = transportOf({});
const automaticTransport = transportOf({ secure: 'auto' });

function transportOf(options: Parameters<typeof resolveCookie>[0]): CookieTransport {
  return new CookieTransport(resolveCookie(options), () => undefined);
}

function read(transport: CookieTransport, cookie: string, isHttps: boolean): string[] {
  return transport.read({ headers: { cookie }, isHttps });
}

function attributesOf(setCookie: string): string[] {
  return setCookie.split('; ').slice(1);
}

describe('the session cookie of a request', () => {
  it.each([
    ['it is the only one', `__Host-sid=${TOKEN}`],
    ['it is the first', `__Host-sid=${TOKEN}; a=1`],
    ['it is the last', `a=1; __Host-sid=${TOKEN}`],
    ['nothing separates it but the semicolon', `a=1;__Host-sid=${TOKEN};b=2`],
    ['others contain its name', `x__Host-sid=1; __Host-sid2=2; a=__Host-sid=3; __Host-sid=${TOKEN}`],
    ['others are no cookies', `; ;=;a; =b; __Host-sid=${TOKEN}; `],
  ])('finds the session cookie of a request when %s', (_when, header) => {
    expect(read(secureTransport, header, true)).toEqual([TOKEN]);
  });

  it.each([
    ['the header is empty', ''],
    ['there is none of its name', 'sid=1; other=2'],
    ['the name is in another case', `__host-sid=${TOKEN}; __HOST-SID=${TOKEN}; __Host-Sid=${TOKEN}`],
    ['a space stands before the equals sign', `__Host-sid =${TOKEN}`],
    ['two spaces stand before it', `a=1;  __Host-sid=${TOKEN}`],
    ['a tab stands before it', `a=1;\t__Host-sid=${TOKEN}`],
    ['a space that does not break stands before it', `a=1; ${NBSP}__Host-sid=${TOKEN}`],
    ['such a space stands at the beginning', `${NBSP}__Host-sid=${TOKEN}`],
    ['it has no name, but its value looks like one', `=__Host-sid=${TOKEN}`],
    ['its name is quoted', `"__Host-sid"=${TOKEN}`],
    ['it is inside a quoted value', `a="; __Host-sid2=${TOKEN}"`],
    ['its name is encoded', `__Host%2Dsid=${TOKEN}`],
    ['it follows a version and a comma, as once', `$Version=1,__Host-sid=${TOKEN}`],
    ['it follows a comma', `a=1,__Host-sid=${TOKEN}`],
    ['it has no value', '__Host-sid'],
  ])('finds no session cookie in a request when %s', (_when, header) => {
    expect(read(secureTransport, header, true)).toEqual([]);
  });

  it.each([
    ['quotes', `__Host-sid="${TOKEN}"`, `"${TOKEN}"`],
    ['spaces', `__Host-sid= ${TOKEN} `, ` ${TOKEN} `],
    ['an escape', '__Host-sid=%41bc', '%41bc'],
    ['another equals sign', '__Host-sid=a=b', 'a=b'],
    ['nothing', '__Host-sid=', ''],
  ])('returns the value of a cookie unchanged, with %s', (_what, header, value) => {
    expect(read(secureTransport, header, true)).toEqual([value]);
  });

  it('finds all session cookies of a request that has several', () => {
    const values = [TOKEN, OTHER, TOKEN, 'x'];
    const header = values.map((value) => `__Host-sid=${value}`).join('; ');
    expect(read(secureTransport, header, true)).toEqual(values);
  });

  it('finds the cookie under the name for the connection', () => {
    const header = `sid=${OTHER}; __Host-sid=${TOKEN}`;
    expect(read(automaticTransport, header, true)).toEqual([TOKEN]);
    expect(read(automaticTransport, header, false)).toEqual([OTHER]);
  });
});

describe('the session cookie of a response', () => {
  it('sets a secure cookie by default, which ends with the browser', () => {
    expect(secure.set(TOKEN, true, null)).toBe(`__Host-sid=${TOKEN}; Path=/; HttpOnly; Secure; SameSite=Lax`);
    expect(plain.set(TOKEN, false, null)).toBe(`sid=${TOKEN}; Path=/; HttpOnly; SameSite=Lax`);
  });

  it('sets a cookie that outlives the browser on request, never with a negative age', () => {
    expect(attributesOf(secure.set(TOKEN, true, 90_999))).toContain('Max-Age=90');
    expect(attributesOf(secure.set(TOKEN, true, 999))).toContain('Max-Age=0');
    expect(attributesOf(secure.set(TOKEN, true, -5_000))).toContain('Max-Age=0');
  });

  it('sets the attributes of the options', () => {
    const cookie = new SessionCookie(
      resolveCookie({
        domain: 'example.com',
        path: '/app',
        sameSite: 'none',
        partitioned: true,
        httpOnly: false,
      }),
    );
    expect(cookie.set(TOKEN, true, null)).toBe(
      `__Secure-sid=${TOKEN}; Domain=example.com; Path=/app; Secure; Partitioned; SameSite=None`,
    );
    const strict = new SessionCookie(resolveCookie({ name: 'mine', sameSite: 'strict' }));
    expect(strict.set(TOKEN, true, null)).toBe(`mine=${TOKEN}; Path=/; HttpOnly; Secure; SameSite=Strict`);
  });

  it.each([
    {},
    { secure: false },
    { domain: 'example.com', path: '/app' },
    { sameSite: 'none', partitioned: true, httpOnly: false },
  ] as const)('clears the cookie with the same attributes as it was set with: %j', (options) => {
    const cookie = new SessionCookie(resolveCookie(options));
    const isSecure = !('secure' in options);
    const cleared = cookie.clear(isSecure);
    expect(cleared.startsWith(`${cookie.name(isSecure)}=;`)).toBe(true);
    const end = ['Max-Age=0', 'Expires=Thu, 01 Jan 1970 00:00:00 GMT'];
    expect(attributesOf(cleared)).toEqual(expect.arrayContaining(end));
    const rest = attributesOf(cleared).filter((attribute) => !end.includes(attribute));
    expect(rest).toEqual(attributesOf(cookie.set(TOKEN, isSecure, null)));
  });
});

describe('other variants of the session cookie in a browser', () => {
  const placesOf = (options: object, host?: string) =>
    new SessionCookie(resolveCookie(options)).clearOthers(true, host).map((line) =>
      attributesOf(line)
        .filter((attribute) => /^(Domain|Path|Partitioned)/.test(attribute))
        .join(' '),
    );

  it.each([
    ['none for the default name, of which browsers keep one', {}, []],
    ['none where the options name one place', { name: 'mine' }, []],
    ['the one without the domain', { domain: 'example.com' }, ['Path=/']],
    ['the one for all paths', { path: '/app' }, ['Path=/']],
    [
      'each combination of domain and path',
      { domain: 'example.com', path: '/app' },
      ['Path=/app', 'Path=/', 'Domain=example.com Path=/'],
    ],
    ['the one that is not partitioned', { name: 'mine', partitioned: true, sameSite: 'none' }, ['Path=/']],
  ])('clears %s among other variants of the cookie', (_what, options, places) => {
    expect(placesOf(options)).toEqual(places);
  });

  it.each([
    'a..example.com',
    '.example.com',
    '-a.example.com',
    'a-.example.com',
    `${'a'.repeat(64)}.example.com`,
  ])('clears only the variants of the options if the request has an invalid host: %s', (host) => {
    expect(placesOf({ domain: 'example.com' }, host)).toEqual(['Path=/']);
  });

  it('clears the variants of the hosts between the domain and the host of the request, up to a few', () => {
    const options = { domain: 'example.com' };
    const places = ['Path=/', 'Domain=eu.app.example.com Path=/', 'Domain=app.example.com Path=/'];
    expect(placesOf(options, 'eu.app.example.com:8443')).toEqual(places);
    for (const host of ['example.com', 'badexample.com', 'a;b.example.com', 'example.org', '[::1]:80']) {
      expect(placesOf(options, host)).toEqual(['Path=/']);
    }
    expect(placesOf(options, `${'a.'.repeat(50)}example.com`)).toHaveLength(5);
  });

  it('clears other variants with the attributes of a clear', () => {
    const cookie = new SessionCookie(resolveCookie({ domain: 'example.com' }));
    for (const line of cookie.clearOthers(true, undefined)) {
      expect(line).toMatch(/^__Secure-sid=; Max-Age=0; Path=\/; Expires=.*; HttpOnly; Secure; SameSite=Lax$/);
    }
  });
});
