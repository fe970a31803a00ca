import { SessionOptionsError } from '../core/errors/errors.js';
import { resolveOptions } from './resolve.js';
import type { SessionModuleOptions } from './session-module-options.js';

/** Resolves cookie options that a JavaScript application may pass. */
function resolveCookieOf(cookie: unknown) {
  return resolveOptions({ cookie } as SessionModuleOptions).cookie;
}

function messageOf(cookie: unknown): string {
  try {
    resolveCookieOf(cookie);
  } catch (error) {
    if (error instanceof SessionOptionsError) return error.message;
    throw error;
  }
  throw new Error('nothing was wrong');
}

describe('a wrong option of the cookie', () => {
  it.each<[string, unknown, string]>([
    ['name', { name: 'a b' }, 'expected a cookie name'],
    ['name', { name: 'sid=' }, 'expected a cookie name'],
    ['name', { name: '' }, 'expected a cookie name'],
    ['name', { name: 'x'.repeat(129) }, 'expected a cookie name'],
    ['name', { name: 5 }, 'expected a cookie name'],
    ['secure', { secure: 'yes' }, "expected true, false or 'auto'"],
    ['sameSite', { sameSite: 'Lax' }, "expected 'lax', 'strict' or 'none'"],
    ['httpOnly', { httpOnly: 1 }, 'expected true or false'],
    ['path', { path: 'app' }, "expected a path that begins with '/'"],
    ['path', { path: '/a;b' }, "expected a path that begins with '/'"],
    ['domain', { domain: 'exa mple.com' }, 'expected a domain name'],
    ['domain', { domain: '.' }, 'expected a domain name'],
    ['partitioned', { partitioned: 'yes' }, 'expected true or false'],
    ['persistent', { persistent: '1d' }, 'expected true or false'],
    [
      'sameSite',
      { sameSite: 'none', secure: false },
      "'none' is expected with secure: true, received with secure: false",
    ],
    ['sameSite', { sameSite: 'none', secure: 'auto' }, 'received with secure: auto'],
    ['partitioned', { partitioned: true, secure: 'auto' }, 'is expected with secure: true'],
    [
      'name',
      { name: '__Host-s', domain: 'example.com' },
      'a __Host- name is expected with no domain, received domain: example.com',
    ],
    [
      'name',
      { name: '__Host-s', path: '/app' },
      'a __Host- name is expected with path: \'/\', received path: "/app"',
    ],
    ['name', { name: '__Host-s', secure: false }, 'a __Host- name is expected with secure: true'],
    ['name', { name: '__Host-s', secure: 'auto' }, 'received secure: auto'],
    ['name', { name: '__Secure-s', secure: false }, 'a __Secure- name is expected with secure: true'],
    ['name', { name: '__host-s' }, 'expected with the prefix in this spelling, received "__host-s"'],
    ['name', { name: '__SECURE-s' }, 'expected with the prefix in this spelling'],
    ['name', { name: '__Http-s', httpOnly: false }, 'a __Http- name is expected with httpOnly: true'],
    [
      'name',
      { name: '__Host-Http-s', httpOnly: false },
      'a __Host-Http- name is expected with httpOnly: true',
    ],
    ['name', { name: '__Host-Http-s', path: '/app' }, "a __Host-Http- name is expected with path: '/'"],
  ])(
    'stops the start if browsers would drop the cookie silently: %s in %j [ASVS 3.3.2] [ASVS 3.3.3]',
    (name, cookie, expected) => {
      const message = messageOf(cookie);
      expect(message).toContain(`\n- cookie.${name}: `);
      expect(message).toContain(expected);
      expect(message).toMatch(/received .+\. \S.+\.$/s);
    },
  );

  it.each<[unknown, string, string]>([
    [{}, '__Host-sid', 'sid'],
    [{ domain: 'example.com' }, '__Secure-sid', 'sid'],
    [{ path: '/app' }, '__Secure-sid', 'sid'],
    [{ secure: 'auto' }, '__Host-sid', 'sid'],
    [{ name: 'mine' }, 'mine', 'mine'],
    [{ name: '__Host-mine' }, '__Host-mine', '__Host-mine'],
    [{ name: '__Secure-mine', domain: 'example.com' }, '__Secure-mine', '__Secure-mine'],
  ])('determines the names of the cookie: %j', (cookie, secureName, plainName) => {
    expect(resolveCookieOf(cookie)).toMatchObject({ secureName, plainName });
  });
});
