import { isPassportAtWork, linkRequests } from './passport.user.js';

describe('the detection of passport', () => {
  it.each([
    ['a request with the property of passport', { _sessionManager: {} }],
    ['a request of @fastify/passport', { passport: { sessionManager: {} } }],
  ])('detects %s', (_what, request) => {
    expect(isPassportAtWork(request)).toBe(true);
  });

  it("detects Node's request that is linked to Fastify's", () => {
    const raw = {};
    linkRequests({ raw, passport: { sessionManager: {} } } as { raw: object });
    expect(isPassportAtWork(raw)).toBe(true);
  });

  it.each([
    ['without the properties', {}],
    ["with the application's own value under the name", { passport: 'a travel document' }],
    ['with null under the name', { passport: null }],
  ])('ignores a request %s', (_what, request) => {
    expect(isPassportAtWork(request)).toBe(false);
  });
});
