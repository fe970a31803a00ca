import { SessionUsageError } from '../core/errors/errors.js';
import { passportPrincipal } from './passport.principal.js';

const principal = passportPrincipal();

describe("the user in passport's field", () => {
  it.each([
    ['a text', { user: 'alice' }, 'alice'],
    ['a number', { user: 7 }, '7'],
    ['0', { user: 0 }, '0'],
    ['an object with an id', { user: { id: 'alice', name: 'Alice' } }, 'alice'],
    ['an object with a number', { user: { id: 7 } }, '7'],
    ['a text of @fastify/passport', 'alice', 'alice'],
    ['a number of @fastify/passport', 7, '7'],
    ['an object of @fastify/passport', { id: 'alice', name: 'Alice' }, 'alice'],
  ])('finds the id in %s', (_what, value, id) => {
    expect(principal.userIdOf(value)).toBe(id);
  });

  it.each([undefined, null, false, {}, { user: undefined }, { user: null }, { user: false }, []])(
    'returns null for %j',
    (value) => {
      expect(principal.userIdOf(value)).toBeNull();
    },
  );

  it.each([
    [{ user: { sub: 'alice' } }, 'an object without "id"'],
    [{ user: true }, 'boolean'],
    [{ user: { id: null } }, 'an object without "id"'],
    [{ sub: 'alice' }, 'an object without "id"'],
  ])('throws with a remedy for %j', (value, gave) => {
    expect(() => principal.userIdOf(value)).toThrow(SessionUsageError);
    expect(() => principal.userIdOf(value)).toThrow(
      `but it returned ${gave}. Set the option "passport.userId"`,
    );
  });

  it('uses the function of the application', () => {
    const own = passportPrincipal((serialized) => (serialized as { sub: string }).sub);
    expect(own.userIdOf({ user: { sub: 'alice' } })).toBe('alice');
    expect(own.userIdOf({ sub: 'alice' })).toBe('alice');
    expect(() => own.userIdOf({ user: {} })).toThrow(SessionUsageError);
  });
});
