import { runInNewContext } from 'node:vm';
import { SessionValueError } from '../core/errors/errors.js';
import { jsonCodec } from './json.codec.js';

const strict = jsonCodec('strict');
const lenient = jsonCodec('json');

function roundTrip(value: unknown): unknown {
  const encoded = strict.encode('cart', value);
  expect(lenient.encode('cart', value)).toEqual(encoded);
  expect(encoded.problem).toBeNull();
  return strict.decode(encoded.text);
}

function refusalOf(value: unknown, codec = strict): SessionValueError {
  try {
    codec.encode('cart', value);
  } catch (error) {
    if (error instanceof SessionValueError) return error;
    throw error;
  }
  throw new Error('the value was not refused');
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

class Money {
  constructor(readonly amount: number) {}
}

const cycle: { items: unknown[] } = { items: [] };
cycle.items.push(1, { owner: cycle });

describe('a value that JSON can represent', () => {
  it.each([
    ['a text', 'text'],
    ['an empty text', ''],
    ['any text', '"quoted"\\\n\0\u2028 ü 😀'],
    ['half a character', 'a\ud800b'],
    ['the replacement character', { '\uFFFD': 'a\uFFFDb' }],
    ['a text that looks like a date', '2026-01-01T00:00:00.000Z'],
    ['0', 0],
    ['a fraction', -0.1],
    ['the greatest number', Number.MAX_VALUE],
    ['the smallest number', Number.MIN_VALUE],
    ['the last whole number', Number.MAX_SAFE_INTEGER],
    ['true', true],
    ['false', false],
    ['null', null],
    ['an empty object', {}],
    ['an empty array', []],
    ['an object', { a: { b: [1, 'two', null, { c: false }] }, '': 1, 'a.b': 2, toString: 'x' }],
    ['what is deep, but not too deep', nested(100)],
  ])('returns the same value: %s', (_what, value) => {
    expect(roundTrip(value)).toEqual(value);
  });

  it('accepts objects without a prototype, and of another realm', () => {
    const bare = Object.assign(Object.create(null) as object, { a: 1 });
    expect(roundTrip(bare)).toEqual({ a: 1 });
    expect(roundTrip(runInNewContext('({ a: [1] })'))).toEqual({ a: [1] });
  });

  it('stores an object that occurs twice as two objects', () => {
    const address = { street: 'Main' };
    expect(roundTrip({ home: address, work: address })).toEqual({ home: address, work: address });
  });

  it('accepts undefined members, which read as absent before and after', () => {
    expect(roundTrip({ a: undefined, b: 1 })).toEqual({ b: 1 });
  });
});

describe('a value that JSON would change or lose, in strict mode', () => {
  it.each<[string, unknown, string, string, string]>([
    ['undefined in an array', [1, undefined], 'cart[1]', 'received undefined', 'Store null'],
    // eslint-disable-next-line no-sparse-arrays -- the hole is what is tested
    ['a hole in an array', [1, , 3], 'cart[1]', 'received undefined', 'Store null'],
    ['NaN', NaN, 'cart', 'received NaN', 'Store null or leave the field out'],
    ['Infinity', { a: Infinity }, 'cart.a', 'received Infinity', 'Store null'],
    ['-Infinity', { a: [-Infinity] }, 'cart.a[0]', 'received -Infinity', 'Store null'],
    ['a BigInt', { total: 1n }, 'cart.total', 'received a BigInt', 'value.toString()'],
    ['a function', { a: () => 1 }, 'cart.a', 'received a function', 'Store data only'],
    ['a symbol', [Symbol('x')], 'cart[0]', 'received a symbol', 'Store data only'],
    ['a date', { at: new Date() }, 'cart.at', 'received a Date', 'value.toISOString() or value.getTime()'],
    ['a map', new Map(), 'cart', 'received a Map', 'Object.fromEntries(value)'],
    ['a set', { tags: new Set() }, 'cart.tags', 'received a Set', 'Store [...value]'],
    ['an instance of a class', { price: new Money(5) }, 'cart.price', 'received a Money', '{ ...value }'],
    ['an instance of a class without a name', new (class {})(), 'cart', 'received a', '{ ...value }'],
    ['bytes', { a: Buffer.from('x') }, 'cart.a', 'received a Buffer', 'plain object'],
    ['a typed array', new Uint8Array(2), 'cart', 'received a Uint8Array', 'plain object'],
    ['an error', new Error('x'), 'cart', 'received a Error', 'plain object'],
    ['a pattern', /x/, 'cart', 'received a RegExp', 'plain object'],
    ['a promise', Promise.resolve(), 'cart', 'received a Promise', 'plain object'],
    ['a boxed string', new String('x'), 'cart', 'received a String', 'plain object'],
    ['a URL', new URL('https://example.com'), 'cart', 'received a URL', 'plain object'],
    ['a cycle', cycle, 'cart.items[1].owner', 'received an object that contains itself', 'Store a copy'],
    [
      'a value that is nested too deeply',
      nested(101),
      'cart' + '[0].a'.repeat(50),
      'nested more than 100 levels',
      'Store less',
    ],
    [
      'a toJSON method of its own',
      { toJSON: () => 1 },
      'cart.toJSON',
      'received a function',
      'Store data only',
    ],
    [
      'a symbol for a key',
      { a: { [Symbol('x')]: 1 } },
      'cart.a',
      'a symbol for a key',
      'a string as the key',
    ],
    [
      'an array with other properties',
      'ab'.match(/b/),
      'cart',
      'an array with properties besides its elements',
      '[...value]',
    ],
    ['a constructor', { a: { constructor: 1 } }, 'cart.a.constructor', 'reach a prototype', 'another key'],
    ['a prototype', { prototype: {} }, 'cart.prototype', 'reach a prototype', 'another key'],
    [
      'a __proto__',
      JSON.parse('[{"__proto__":{}}]'),
      'cart[0].__proto__',
      'reach a prototype',
      'another key',
    ],
  ])('refuses with path and remedy: %s', (_what, value, path, received, remedy) => {
    const error = refusalOf(value);
    expect(error.path).toBe(path);
    const shownPath = path.length > 100 ? `${path.slice(0, 100)}…` : path;
    expect(error.message).toContain(
      `session.${shownPath} cannot be stored without damage: expected a value that JSON`,
    );
    expect(error.message).toContain(received);
    expect(error.message).toContain(remedy);
  });

  it('refuses a deeply nested value before the stack overflows', () => {
    expect(refusalOf(nested(50_000)).message).toContain('nested more than 100 levels deep');
  });
});

class User {
  readonly id = 7;
  get label() {
    return `user ${this.id}`;
  }
  greet = () => 'hello';
}

class Document {
  constructor(private readonly values: object) {}
  toJSON(key: string) {
    return { ...this.values, key };
  }
}

describe("a value that JSON would change or lose, in 'json' mode", () => {
  const AT = new Date(Date.UTC(2026, 0, 1));

  it.each<[string, unknown, string, string]>([
    ['a date', { at: AT }, 'cart.at', 'a Date'],
    ['an instance of a class', new User(), 'cart', 'a User'],
    ['an instance with its own way to JSON', [new Document({ a: AT })], 'cart[0]', 'a Document'],
    ['a toJSON method of its own', { toJSON: () => 1 }, 'cart.toJSON', 'a function'],
    ['undefined and a hole in an array', [undefined, ...Array<number>(1), 1], 'cart[0]', 'undefined'],
    ['numbers that are none', { a: [NaN, Infinity] }, 'cart.a[0]', 'NaN'],
    ['a number that is none', NaN, 'cart', 'NaN'],
    ['functions and symbols inside', { f: () => 1, s: Symbol('s'), list: [() => 1] }, 'cart.f', 'a function'],
    ['a symbol for a key', { [Symbol('x')]: 1, a: 1 }, 'cart', 'an object with a symbol for a key'],
    ['a map and a set', { map: new Map([[1, 2]]), set: new Set([1]) }, 'cart.map', 'a Map'],
    ['bytes', { a: Buffer.from('x') }, 'cart.a', 'a Buffer'],
    ['a URL', new URL('https://example.com'), 'cart', 'a URL'],
    ['values in boxes', [new String('x'), new Number(1), new Boolean(false)], 'cart[0]', 'a String'],
    ['an error', new Error('x'), 'cart', 'a Error'],
    [
      'an array with other properties',
      'ab'.match(/b/),
      'cart',
      'an array with properties besides its elements',
    ],
    ['an invalid date', [new Date(NaN)], 'cart[0]', 'a Date'],
    [
      'a null prototype with a date',
      Object.assign(Object.create(null) as object, { AT }),
      'cart.AT',
      'a Date',
    ],
    ['the replacement character', { a: '\uFFFD', AT }, 'cart.AT', 'a Date'],
  ])(
    'stores the result of JSON.stringify and reports the first problem: %s',
    (_what, value, path, received) => {
      const { text, problem } = lenient.encode('cart', value);
      const byJson = JSON.parse(JSON.stringify({ cart: value })) as { cart: unknown };
      expect(JSON.parse(text)).toEqual(byJson.cart);
      expect(problem).toMatchObject({ path, received });
      expect(() => strict.encode('cart', value)).toThrow(`session.${path} cannot be stored`);
      expect(() => lenient.decode(text)).not.toThrow();
    },
  );

  it('stores the value as first read, even if toJSON would return something else the next time', () => {
    let calls = 0;
    const text = lenient.encode('cart', { toJSON: () => ({ calls: ++calls, __proto__x: 1 }) }).text;
    expect(text).toBe('{"calls":1,"__proto__x":1}');
  });

  it.each<[string, unknown, string, string]>([
    ['a cycle', { at: AT, self: cycle }, 'cart.self.items[1].owner', 'an object that contains itself'],
    ['a BigInt', { at: AT, total: 1n }, 'cart.total', 'a BigInt'],
    ['a function', () => 1, 'cart', 'a value that JSON omits'],
    ['a symbol', Symbol('s'), 'cart', 'a value that JSON omits'],
    ['an object that omits itself', { toJSON: () => undefined }, 'cart', 'a value that JSON omits'],
    ['a value that is nested too deeply', [AT, nested(150)], 'cart[1]', 'nested more than 100 levels deep'],
    [
      'an object with a prototype key',
      new Document(JSON.parse('{"__proto__":1}') as object),
      'cart.__proto__',
      'a key',
    ],
    ['a constructor', { at: AT, constructor: 1 }, 'cart.constructor', 'a key that could reach a prototype'],
  ])('refuses values that JSON cannot represent: %s', (_what, value, path, received) => {
    const error = refusalOf(value, lenient);
    expect(error.path.startsWith(path)).toBe(true);
    expect(error.message).toContain(`received ${received}`);
  });

  it.each<[string, unknown]>([
    [
      'a getter',
      {
        get a() {
          throw new Error('no such column');
        },
      },
    ],
    [
      'its way to JSON',
      {
        at: AT,
        toJSON: () => {
          throw new Error('no such column');
        },
      },
    ],
  ])('refuses a value that cannot be read: %s', (_what, value) => {
    expect(refusalOf(value, lenient).message).toContain('reading it failed with "no such column"');
  });
});

describe('stored text', () => {
  it.each([
    ['cut off', '{"a":'],
    ['empty', ''],
    ['not JSON', 'undefined'],
    ['in another notation', "{'a':1}"],
    ['a prototype key', '{"__proto__":{"isAdmin":true}}'],
    ['a nested prototype key', '{"a":[{"b":{"__proto__":{"isAdmin":true}}}]}'],
    ['a prototype key with an escaped letter', '{"__pr\\u006fto__":{"isAdmin":true}}'],
    ['a constructor key with an escaped letter', '{"c\\u006fnstruct\\u006fr":1}'],
    ['a prototype by way of the constructor', '{"constructor":{"prototype":{"isAdmin":true}}}'],
    ['one that could not be stored again because of a key', '{"a":{"prototype":1}}'],
    ['one that could not be stored again because of another key', '{"constructor":"Ferrari"}'],
    ['one that could not be stored again because of a number', '{"a":1e999}'],
    ['one that could not be stored again because of a long number', '9'.repeat(310)],
    ['one that could not be stored again because it is deep', '['.repeat(200) + ']'.repeat(200)],
    ['one that is a level too deep', '['.repeat(101) + ']'.repeat(101)],
  ])('refuses text that is %s', (_what, text) => {
    expect(() => strict.decode(text)).toThrow();
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });

  it('matches its decoded value until that value is changed', () => {
    const text = '{"roles":["editor"]}';
    const value = strict.decode(text) as { roles: unknown[] };
    expect(strict.isAsIn(text, value)).toBe(true);
    value.roles.push(1n);
    expect(strict.isAsIn(text, value)).toBe(false);
    value.roles = ['reader'];
    expect(strict.isAsIn(text, value)).toBe(false);
  });

  it('accepts text that mentions prototypes', () => {
    const text = '"__proto__ and constructor.prototype"';
    expect(strict.decode(text)).toBe('__proto__ and constructor.prototype');
  });
});

describe('text with invalid UTF-8', () => {
  it('refuses the text, although Node.js decodes it', () => {
    const damaged = Buffer.concat([Buffer.from('"caf'), Buffer.from([0xe9]), Buffer.from('"')]).toString();
    expect(JSON.parse(damaged)).toBe('caf\uFFFD');
    expect(() => strict.decode(damaged)).toThrow('invalid UTF-8');
  });
});
