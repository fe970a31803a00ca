import { jest } from '@jest/globals';
import { resolveCookie } from '../options/cookie-options.js';
import { CookieTransport } from './cookie-transport.js';
import type { TransportRequest } from './token-transport.js';

const TOKEN = 'a'.repeat(46);

function stage(options: object) {
  const warn = jest.fn();
  return { warn, transport: new CookieTransport(resolveCookie(options), warn) };
}

function request(cookie?: string, isHttps = true): TransportRequest {
  return { headers: { host: 'www.example.com', ...(cookie !== undefined && { cookie }) }, isHttps };
}

/** A request that fails the test when its connection is checked. */
const anyConnection: TransportRequest = {
  headers: { cookie: `sid=${TOKEN}` },
  get isHttps(): boolean {
    throw new Error('the connection was checked');
  },
};

describe('CookieTransport', () => {
  it('reads the cookie under the name for the connection, which it checks only for secure: auto', () => {
    const { transport } = stage({ secure: 'auto' });
    const both = `__Host-sid=secure; sid=plain`;
    expect(transport.read(request(both, true))).toEqual(['secure']);
    expect(transport.read(request(both, false))).toEqual(['plain']);
    expect(stage({ secure: false }).transport.read(anyConnection)).toEqual([TOKEN]);
  });

  it('reads nothing from a request without cookies', () => {
    expect(stage({}).transport.read(request())).toEqual([]);
  });

  it('sets and clears the cookie in one Set-Cookie line', () => {
    const { transport } = stage({});
    expect(transport.set(request(), TOKEN, null)).toEqual([
      ['Set-Cookie', `__Host-sid=${TOKEN}; Path=/; HttpOnly; Secure; SameSite=Lax`],
    ]);
    const [[name, value] = []] = transport.clear(request(`__Host-sid=${TOKEN}`));
    expect(name).toBe('Set-Cookie');
    expect(value).toMatch(/^__Host-sid=; Max-Age=0; /);
  });

  it('also clears the cookies that other options left if the request has several, before it sets its own', () => {
    const { transport } = stage({ name: 'mine', domain: 'example.com' });
    expect(transport.set(request(`mine=${TOKEN}`), TOKEN, null)).toHaveLength(1);
    const lines = transport.set(request(`mine=${TOKEN}; mine=other`), TOKEN, null);
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.at(-1)?.[1]).toContain(TOKEN);
    expect(lines.slice(0, -1).every(([, value]) => value.startsWith('mine=;'))).toBe(true);
  });

  it('warns once if the Secure attribute does not fit the connection, and only when it sets the cookie', () => {
    const { transport, warn } = stage({ secure: true });
    transport.read(request(`__Host-sid=${TOKEN}`, false));
    transport.clear(request(undefined, false));
    expect(warn).not.toHaveBeenCalled();
    transport.set(request(undefined, false), TOKEN, null);
    transport.set(request(undefined, false), TOKEN, null);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('browsers may drop it'));
  });

  it.each([true, false])(
    'reads the token from the line that a client presents it in, with HTTPS: %s',
    (isHttps) => {
      const { transport, warn } = stage({ secure: 'auto' });
      const [name, value] = transport.present({ isHttps }, TOKEN);
      expect([name, value]).toEqual(['Cookie', `${isHttps ? '__Host-sid' : 'sid'}=${TOKEN}`]);
      expect(transport.read(request(value, isHttps))).toEqual([TOKEN]);
      expect(warn).not.toHaveBeenCalled();
    },
  );
});
