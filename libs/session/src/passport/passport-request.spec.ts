import { isPassportActive, passportUserOf } from './passport-request.js';

describe('isPassportActive', () => {
  it.each([
    ['passport has marked the request', { _sessionManager: {} }, null],
    ['the request is one of @fastify/passport', { passport: { sessionManager: {} } }, null],
    ["Fastify's request in front of it is marked", {}, { passport: { sessionManager: {} } }],
  ])('returns true if %s', (_what, request, front) => {
    expect(isPassportActive(request, front)).toBe(true);
  });

  it.each([
    ['has no mark', {}],
    ['has a property of the application under the name', { passport: 'a travel document' }],
    ['has nothing under the name', { passport: null }],
  ])('returns false if the request %s', (_what, request) => {
    expect(isPassportActive(request, null)).toBe(false);
    expect(isPassportActive({}, request)).toBe(false);
  });
});

describe('passportUserOf', () => {
  const user = { id: 7, role: 'admin' };

  it("returns the user of the request, or of Fastify's in front of it, if the ID is the user's", () => {
    expect(passportUserOf({ user }, null, '7')).toBe(user);
    expect(passportUserOf({}, { user }, '7')).toBe(user);
    expect(passportUserOf({ user }, { user: { id: 8 } }, '7')).toBe(user);
  });

  it.each([{}, { user: null }, { user: 'alice' }, { user: { id: 8 } }])('returns null for %j', (request) => {
    expect(passportUserOf(request, null, '7')).toBeNull();
  });
});
