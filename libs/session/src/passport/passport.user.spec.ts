import { isPassportAtWork, linkRequests } from './passport.user.js';

describe('passport has a hand in', () => {
  it.each([
    ['a request that it has marked', { _sessionManager: {} }],
    ['a request of @fastify/passport', { passport: { sessionManager: {} } }],
  ])('%s', (_what, request) => {
    expect(isPassportAtWork(request)).toBe(true);
  });

  it("Node's request, where Fastify's in front of it says so", () => {
    const raw = {};
    linkRequests({ raw, passport: { sessionManager: {} } } as { raw: object });
    expect(isPassportAtWork(raw)).toBe(true);
  });

  it.each([
    ['without a mark', {}],
    ["with something else of the application's under the name", { passport: 'a travel document' }],
    ['with nothing under the name', { passport: null }],
  ])('no request %s', (_what, request) => {
    expect(isPassportAtWork(request)).toBe(false);
  });
});
