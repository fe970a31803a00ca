import 'reflect-metadata';
import { Transform, Type } from 'class-transformer';
import {
  Allow,
  IsDate,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  MaxLength,
  Min,
  registerDecorator,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { SessionOptionsError } from '../core/errors/errors.js';
import { resolveOptions } from '../options/resolve.js';
import { ClassRules } from './class.rules.js';
import { problemsOfDataClass } from './data-class.js';

class Address {
  @IsString()
  street!: string;
}

/** Validates asynchronously, as a rule that queries a database does. */
function IsKnown(): PropertyDecorator {
  return (target, propertyName) =>
    registerDecorator({
      name: 'isKnown',
      target: target.constructor,
      propertyName: propertyName as string,
      async: true,
      options: { message: 'must be known' },
      validator: { validate: (value) => Promise.resolve(value === 'known') },
    });
}

class Data {
  @IsString()
  @MaxLength(5)
  theme!: string;

  @IsInt()
  @Min(0)
  visits = 0;

  @ValidateNested({ each: true })
  @Type(() => Address)
  addresses!: Address[];

  @IsOptional()
  @IsString()
  note?: string | null;

  @IsKnown()
  team!: string;
}

const rules = new ClassRules(Data);

function write(values: Record<string, unknown>) {
  return rules.checkWrite(new Map(Object.entries(values)));
}

describe('values that are about to be stored', () => {
  it.each([
    ['nothing', {}],
    ['one field of many', { theme: 'dark' }],
    ['a field that the class does not name', { other: { any: [1] } }],
    ['null where the class allows it', { note: null }],
    ['objects that satisfy the rules', { addresses: [{ street: 'Main' }] }],
    ['a value that an asynchronous rule accepts', { team: 'known' }],
  ])('accepts %s', async (_what, values) => {
    expect(await write(values)).toEqual([]);
  });

  it.each([
    [
      'a value of another type',
      { theme: 5 },
      [{ field: 'theme', expected: expect.arrayContaining(['theme must be a string']) as unknown }],
    ],
    [
      'a value that breaks two rules',
      { visits: -1.5 },
      [{ field: 'visits', expected: ['visits must not be less than 0', 'visits must be an integer number'] }],
    ],
    ['null', { theme: null }, [expect.objectContaining({ field: 'theme' })]],
    [
      'an invalid nested value',
      { addresses: [{ street: 'Main' }, { street: 5 }] },
      [{ field: 'addresses', expected: ['street must be a string'] }],
    ],
    [
      'a string in place of an object',
      { addresses: ['Main'] },
      [expect.objectContaining({ field: 'addresses' })],
    ],
    ['refused by an asynchronous rule', { team: 'other' }, [{ field: 'team', expected: ['must be known'] }]],
  ])('reports a problem: %s', async (_what, values, problems) => {
    expect(await write(values)).toEqual(problems);
  });

  it('reports all problems', async () => {
    expect((await write({ theme: 5, visits: -1, other: 1 })).map(({ field }) => field)).toEqual([
      'theme',
      'visits',
    ]);
  });

  it('leaves the values unchanged', async () => {
    const address = { street: 'Main' };
    await write({ addresses: [address] });
    expect(address.constructor).toBe(Object);
  });
});

function read(values: Record<string, unknown>, judge = rules) {
  return Object.fromEntries(judge.checkRead(new Map(Object.entries(values))));
}

describe('a value that was stored', () => {
  it('accepts a value that satisfies its rules or has none', () => {
    expect(read({ theme: 'dark', other: { any: 1 }, addresses: [{ street: 'Main' }] })).toEqual({});
  });

  it('reports a value that breaks a rule', () => {
    expect(read({ visits: -1, addresses: [{}], theme: 'dark' })).toEqual({
      visits: { field: 'visits', expected: ['visits must not be less than 0'] },
      addresses: { field: 'addresses', expected: ['street must be a string'] },
    });
  });

  it('skips asynchronous rules, because reading a property is synchronous', () => {
    expect(read({ team: 'other' })).toEqual({});
  });

  it('reports a value on which a rule throws, and validates the others', () => {
    class Strict {
      @ValidateIf((session: Strict) => session.name?.toUpperCase() !== '')
      @IsString()
      name!: string;

      @IsInt()
      visits!: number;
    }
    expect(read({ name: 5, visits: 1 }, new ClassRules(Strict))).toEqual({
      name: { field: 'name', expected: ['a value that its rules can be applied to'] },
    });
    expect(read({ name: 5, visits: 'x' }, new ClassRules(Strict))).toMatchObject({
      visits: { expected: ['visits must be an integer number'] },
    });
  });
});

describe('a session as a whole', () => {
  class Payment {
    @IsIn(['cash', 'card'])
    kind!: string;

    @ValidateIf(({ kind }: Payment) => kind === 'card')
    @MaxLength(4)
    card!: string;

    @IsInt()
    fee = 0;
  }
  const payment = new ClassRules(Payment);

  it('passes all fields to a condition', async () => {
    const check = (session: object) => payment.checkWrite(new Map(Object.entries(session)));
    expect(await check({ kind: 'cash', card: '12345' })).toEqual([]);
    expect(await check({ kind: 'card', card: '12345' })).toMatchObject([{ field: 'card' }]);
    expect(read({ kind: 'card', card: '12345' }, payment)).toMatchObject({ card: { field: 'card' } });
    expect(read({ kind: 'cash', card: '12345' }, payment)).toEqual({});
  });

  it('contains no class defaults that are not stored', async () => {
    class Line {
      @IsInt()
      count = 1;
    }
    class Basket {
      @ValidateIf((basket: Basket) => basket.fee === undefined)
      @IsString()
      note?: unknown;

      @IsInt()
      fee = 5;

      @ValidateNested({ each: true })
      @Type(() => Line)
      lines!: Line[];
    }
    const basket = new ClassRules(Basket);
    const check = (session: object) => basket.checkWrite(new Map(Object.entries(session)));
    expect(await check({ note: 5 })).toMatchObject([{ field: 'note' }]);
    expect(await check({ lines: [{}] })).toEqual([
      { field: 'lines', expected: ['count must be an integer number'] },
    ]);
  });
});

describe('rules for each element', () => {
  class Lists {
    @ValidateNested({ each: true })
    @Type(() => Address)
    addresses!: Address[];

    @IsOptional()
    @IsString({ each: true })
    tags?: string[] | null;
  }
  const lists = new ClassRules(Lists);

  it.each<[Record<string, unknown>, string[]]>([
    [{ addresses: [{ street: 'Main' }], tags: ['a'] }, []],
    [{ addresses: [], tags: null }, []],
    [{ addresses: { street: 'Main' } }, ['addresses must be an array']],
    [{ tags: 'a' }, ['tags must be an array']],
    [{ tags: [1] }, ['each value in tags must be a string']],
  ])('rules for each element require an array: %j', async (session, expected) => {
    const problems = await lists.checkWrite(new Map(Object.entries(session)));
    expect(problems.flatMap((problem) => problem.expected)).toEqual(expected);
    expect(Object.values(read(session, lists)).flatMap((problem) => problem.expected)).toEqual(expected);
  });
});

describe('fields that the class does not name', () => {
  class Nested {
    @ValidateNested({ each: true })
    @Type(() => Address)
    addresses!: Address[];

    @ValidateNested()
    @Type(() => Address)
    home!: Address;

    @Allow()
    any!: unknown;
  }
  const street = 'Main';
  const session = {
    other: 1,
    addresses: [{ street, city: 'Oslo' }, { street }],
    home: { street },
    any: { thing: 1 },
  };

  it('keeps them by default', async () => {
    expect(await new ClassRules(Nested).checkWrite(new Map(Object.entries(session)))).toEqual([]);
  });

  it("refuses them with 'refuse', also in nested objects", async () => {
    const refusing = new ClassRules(Nested, 'refuse');
    const problems = [
      { field: 'other', expected: ['property other should not exist'] },
      { field: 'addresses', expected: ['property city should not exist'] },
    ];
    expect(await refusing.checkWrite(new Map(Object.entries(session)))).toEqual(problems);
    expect(Object.values(read(session, refusing))).toEqual(problems);
  });

  it('removes them from nested objects, and returns the same value if there are none', () => {
    const ignoring = new ClassRules(Nested, 'ignore');
    expect(ignoring.prune('addresses', session.addresses)).toEqual([{ street }, { street }]);
    expect(session.addresses).toEqual([{ street, city: 'Oslo' }, { street }]);
    for (const name of ['home', 'any'] as const) {
      expect(ignoring.prune(name, session[name])).toBe(session[name]);
    }
    expect(ignoring.prune('home', 'a string in place of an object')).toBe('a string in place of an object');
    expect(ignoring.knows('other')).toBe(false);
  });
});

describe('a field that this package uses', () => {
  it.each(['ignore', 'refuse'] as const)("accepts the field under the policy '%s'", async (unknown) => {
    const own = new ClassRules(Data, unknown, ['passport']);
    const session = { passport: { user: 'alice' } };
    expect(own.knows('passport')).toBe(true);
    expect(own.prune('passport', session.passport)).toBe(session.passport);
    expect(await own.checkWrite(new Map(Object.entries(session)))).toEqual([]);
    expect(read(session, own)).toEqual({});
  });
});

describe('a data class whose validated values would differ from the stored ones', () => {
  class Sub {
    @Transform(({ value }) => value as unknown)
    @IsString()
    street!: string;
  }

  class Trimmed {
    @Transform(({ value }) => (value as string).trim())
    @IsString()
    note!: string;
  }
  class Dated {
    @Type(() => Date)
    @IsDate()
    at!: Date;
  }
  class Untyped {
    @ValidateNested({ each: true })
    addresses!: Address[];
  }
  class Deep {
    @ValidateNested()
    @Type(() => Sub)
    sub!: Sub;
  }

  it.each<[string, new () => object, string]>([
    ['a transformation', Trimmed, 'received @Transform() on Trimmed.note, which changes it'],
    ['a type that JSON cannot represent', Dated, 'received @Type() on Dated.at, which converts it'],
    ['nested rules without a class', Untyped, 'received @ValidateNested() alone. Add @Type('],
    ['a transformation of a nested value', Deep, 'received @Transform() on Sub.street'],
  ])('fails at startup: %s', (_what, data, message) => {
    expect(() => resolveOptions({ data: { class: data } }, problemsOfDataClass)).toThrow(SessionOptionsError);
    expect(() => resolveOptions({ data: { class: data } }, problemsOfDataClass)).toThrow(message);
  });

  it('accepts other classes, also if they refer to each other', () => {
    class Tree {
      @ValidateNested({ each: true })
      @Type(() => Tree)
      children!: Tree[];
    }
    expect(problemsOfDataClass(Tree)).toEqual([]);
    expect(problemsOfDataClass(Data)).toEqual([]);
  });

  it('requires a class with the option unknownFields', () => {
    expect(() => resolveOptions({ data: { unknownFields: 'refuse' } })).toThrow(
      'data.unknownFields: expected nothing unless "data.class"',
    );
    expect(resolveOptions({ data: { class: Data, unknownFields: 'refuse' } }).data.unknownFields).toBe(
      'refuse',
    );
  });
});
