import { SessionUsageError } from '../errors/errors.js';
import { userIdOf } from './user.js';

describe("a user's id", () => {
  it.each([
    ['alice', 'alice'],
    ['0', '0'],
    [0, '0'],
    [-7, '-7'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991'],
    ['😀', '😀'],
    ['x'.repeat(256), 'x'.repeat(256)],
  ])('indexes the user ID %j as text', (id, text) => {
    expect(userIdOf({ id })).toBe(text);
  });

  it.each([
    ['an empty text', '', 'a text of 0 characters'],
    ['a long text', 'x'.repeat(257), 'a text of 257 characters'],
    ['a lone surrogate', 'a\ud800', 'a text of 2 characters'],
    ['a fraction', 1.5, '1.5'],
    ['no number', NaN, 'NaN'],
    ['a number that is not exact', 2 ** 53, '9007199254740992'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'object'],
    ['an object', { _id: 1 }, 'object'],
    ['a BigInt', 1n, 'bigint'],
    ['a truth', true, 'boolean'],
  ])('rejects a user ID that is %s, and does not show it in the message', (_what, id, received) => {
    const ask = () => userIdOf({ id: id as string });
    expect(ask).toThrow(SessionUsageError);
    expect(ask).toThrow(`but it is ${received}. Pass { id } with the key`);
  });
});
