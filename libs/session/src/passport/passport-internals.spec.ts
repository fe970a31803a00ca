import { Authenticator } from 'passport';
import { Strategy } from 'passport-local';
import { copyPassportProperties, isMarkedByPassport } from './passport-internals.js';

type PassportRequest = Record<string, unknown>;
type Middleware = (request: never, response: never, next: (error?: unknown) => void) => void;

/** Sends a request through middleware of the installed passport, and returns it. */
async function pass(...middleware: readonly Middleware[]) {
  const request: PassportRequest = { body: { username: 'alice', password: 'secret' }, session: {} };
  const own = new Set(Object.keys(request));
  for (const handler of middleware) {
    await new Promise<void>((resolve, reject) => {
      handler(request as never, {} as never, (error) => (error ? reject(error) : resolve()));
    });
  }
  const added = Object.entries(request).filter(([name]) => !own.has(name));
  return { request, added: Object.fromEntries(added) };
}

function passport(): Authenticator {
  const strategy = new Strategy((id, _password, done) => done(null, { id }, { message: 'welcome' }));
  return new Authenticator().use(strategy) as Authenticator;
}

describe("passport's undocumented contract", () => {
  it('initialize() marks a request', async () => {
    const { request } = await pass(passport().initialize());
    expect(isMarkedByPassport(request)).toBe(true);
  });

  it('authenticate() marks a request that was not initialized', async () => {
    const { request } = await pass(passport().authenticate('local', { session: false }) as Middleware);
    expect(isMarkedByPassport(request)).toBe(true);
  });

  it('a request without passport has no mark', () => {
    expect(isMarkedByPassport({ user: { id: 'alice' } })).toBe(false);
  });

  it('sets no property on a request that is not copied', async () => {
    const authenticator = passport();
    const { request, added } = await pass(
      authenticator.initialize({ userProperty: 'user' }),
      authenticator.authenticate('local', { session: false }) as Middleware,
    );
    expect(Object.keys(added)).toEqual(
      expect.arrayContaining([
        'user',
        'authInfo',
        'logIn',
        'logOut',
        '_sessionManager',
        '_userProperty',
        '_passport',
      ]),
    );
    const front = {};
    copyPassportProperties(request, front);
    expect(front).toEqual(added);
  });
});
