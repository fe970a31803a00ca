import { SessionUsageError } from '../core/errors.js';
import { passportPrincipal } from './passport.principal.js';

const principal = passportPrincipal();

describe("who passport's field says is signed in", () => {
  it.each([
    ['a text', { user: 'alice' }, 'alice'],
    ['a number', { user: 7 }, '7'],
    ['0', { user: 0 }, '0'],
    ['an object with an id', { user: { id: 'alice', name: 'Alice' } }, 'alice'],
    ['an object with a number', { user: { id: 7 } }, '7'],
    ['a text of @fastify/passport', 'alice', 'alice'],
    ['a number of @fastify/passport', 7, '7'],
    ['an object of @fastify/passport', { id: 'alice', name: 'Alice' }, 'alice'],
  ])('is the user: %s', (_what, value, id) => {
    expect(principal.userIdOf(value)).toBe(id);
  });

  it.each([undefined, null, false, {}, { user: undefined }, { user: null }, { user: false }, []])(
    'is nobody: %j',
    (value) => {
      expect(principal.userIdOf(value)).toBeNull();
    },
  );

  it.each([
    [{ user: { sub: 'alice' } }, 'an object without "id"'],
    [{ user: true }, 'boolean'],
    [{ user: { id: null } }, 'an object without "id"'],
    [{ sub: 'alice' }, 'an object without "id"'],
  ])('is unknown, with what to do: %j', (value, gave) => {
    expect(() => principal.userIdOf(value)).toThrow(SessionUsageError);
    expect(() => principal.userIdOf(value)).toThrow(`but gave ${gave}. Set the option "passport.userId"`);
  });

  it('is who the application says', () => {
    const own = passportPrincipal((serialized) => (serialized as { sub: string }).sub);
    expect(own.userIdOf({ user: { sub: 'alice' } })).toBe('alice');
    expect(own.userIdOf({ sub: 'alice' })).toBe('alice');
    expect(() => own.userIdOf({ user: {} })).toThrow(SessionUsageError);
  });
});
