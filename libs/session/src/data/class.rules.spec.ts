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
import { SessionOptionsError } from '../core/errors.js';
import { resolveOptions } from '../options/resolve.js';
import { ClassRules } from './class.rules.js';
import { problemsOfDataClass } from './data-class.js';

class Address {
  @IsString()
  street!: string;
}

/** Asks elsewhere, as a rule that looks into a database does. */
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
    ['objects that keep the rules', { addresses: [{ street: 'Main' }] }],
    ['what a rule that takes its time allows', { team: 'known' }],
  ])('pass: %s', async (_what, values) => {
    expect(await write(values)).toEqual([]);
  });

  it.each([
    [
      'of another type',
      { theme: 5 },
      [{ field: 'theme', expected: expect.arrayContaining(['theme must be a string']) as unknown }],
    ],
    [
      'against two rules',
      { visits: -1.5 },
      [{ field: 'visits', expected: ['visits must not be less than 0', 'visits must be an integer number'] }],
    ],
    ['null', { theme: null }, [expect.objectContaining({ field: 'theme' })]],
    [
      'wrong deep inside',
      { addresses: [{ street: 'Main' }, { street: 5 }] },
      [{ field: 'addresses', expected: ['street must be a string'] }],
    ],
    ['no object', { addresses: ['Main'] }, [expect.objectContaining({ field: 'addresses' })]],
    [
      'unknown to a rule that takes its time',
      { team: 'other' },
      [{ field: 'team', expected: ['must be known'] }],
    ],
  ])('are told when one is %s', async (_what, values, problems) => {
    expect(await write(values)).toEqual(problems);
  });

  it('are all told', async () => {
    expect((await write({ theme: 5, visits: -1, other: 1 })).map(({ field }) => field)).toEqual([
      'theme',
      'visits',
    ]);
  });

  it('stay as they are', async () => {
    const address = { street: 'Main' };
    await write({ addresses: [address] });
    expect(address.constructor).toBe(Object);
  });
});

function read(values: Record<string, unknown>, judge = rules) {
  return Object.fromEntries(judge.checkRead(new Map(Object.entries(values))));
}

describe('a value that was stored', () => {
  it('is used where it keeps the rules, and where there is none', () => {
    expect(read({ theme: 'dark', other: { any: 1 }, addresses: [{ street: 'Main' }] })).toEqual({});
  });

  it('is told where it breaks one', () => {
    expect(read({ visits: -1, addresses: [{}], theme: 'dark' })).toEqual({
      visits: { field: 'visits', expected: ['visits must not be less than 0'] },
      addresses: { field: 'addresses', expected: ['street must be a string'] },
    });
  });

  it('is not held against a rule that takes its time, for a property cannot wait', () => {
    expect(read({ team: 'other' })).toEqual({});
  });

  it('that makes a rule fail is left out, and the others are judged', () => {
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

  it('is what a condition sees', async () => {
    const check = (session: object) => payment.checkWrite(new Map(Object.entries(session)));
    expect(await check({ kind: 'cash', card: '12345' })).toEqual([]);
    expect(await check({ kind: 'card', card: '12345' })).toMatchObject([{ field: 'card' }]);
    expect(read({ kind: 'card', card: '12345' }, payment)).toMatchObject({ card: { field: 'card' } });
    expect(read({ kind: 'cash', card: '12345' }, payment)).toEqual({});
  });

  it('has no defaults of the class that are not stored', async () => {
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
  ])('want an array: %j', async (session, expected) => {
    const problems = await lists.checkWrite(new Map(Object.entries(session)));
    expect(problems.flatMap((problem) => problem.expected)).toEqual(expected);
    expect(Object.values(read(session, lists)).flatMap((problem) => problem.expected)).toEqual(expected);
  });
});

describe('what the class does not name', () => {
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

  it('is kept by default', async () => {
    expect(await new ClassRules(Nested).checkWrite(new Map(Object.entries(session)))).toEqual([]);
  });

  it('is refused, also inside', async () => {
    const refusing = new ClassRules(Nested, 'refuse');
    const problems = [
      { field: 'other', expected: ['property other should not exist'] },
      { field: 'addresses', expected: ['property city should not exist'] },
    ];
    expect(await refusing.checkWrite(new Map(Object.entries(session)))).toEqual(problems);
    expect(Object.values(read(session, refusing))).toEqual(problems);
  });

  it('is taken away inside, and the value is the same where there is nothing of that kind', () => {
    const ignoring = new ClassRules(Nested, 'ignore');
    expect(ignoring.prune('addresses', session.addresses)).toEqual([{ street }, { street }]);
    expect(session.addresses).toEqual([{ street, city: 'Oslo' }, { street }]);
    for (const name of ['home', 'any'] as const) {
      expect(ignoring.prune(name, session[name])).toBe(session[name]);
    }
    expect(ignoring.prune('home', 'no object')).toBe('no object');
    expect(ignoring.knows('other')).toBe(false);
  });
});

describe('a field that this package relies on', () => {
  it.each(['ignore', 'refuse'] as const)('is known where others are to %s', async (unknown) => {
    const own = new ClassRules(Data, unknown, ['passport']);
    const session = { passport: { user: 'alice' } };
    expect(own.knows('passport')).toBe(true);
    expect(own.prune('passport', session.passport)).toBe(session.passport);
    expect(await own.checkWrite(new Map(Object.entries(session)))).toEqual([]);
    expect(read(session, own)).toEqual({});
  });
});

describe('a data class by which something else would be validated than what is stored', () => {
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
    ['a type that is no JSON', Dated, 'received @Type() on Dated.at, which makes something of it'],
    ['nested rules without a class', Untyped, 'received @ValidateNested() alone. Add @Type('],
    ['a transformation of what is nested', Deep, 'received @Transform() on Sub.street'],
  ])('is refused at start: %s', (_what, data, message) => {
    expect(() => resolveOptions({ data: { class: data } }, problemsOfDataClass)).toThrow(SessionOptionsError);
    expect(() => resolveOptions({ data: { class: data } }, problemsOfDataClass)).toThrow(message);
  });

  it('is no other, also where classes lead to each other', () => {
    class Tree {
      @ValidateNested({ each: true })
      @Type(() => Tree)
      children!: Tree[];
    }
    expect(problemsOfDataClass(Tree)).toEqual([]);
    expect(problemsOfDataClass(Data)).toEqual([]);
  });

  it('must be there where unknown fields are decided on', () => {
    expect(() => resolveOptions({ data: { unknownFields: 'refuse' } })).toThrow(
      'data.unknownFields: expected nothing unless "data.class"',
    );
    expect(resolveOptions({ data: { class: Data, unknownFields: 'refuse' } }).data.unknownFields).toBe(
      'refuse',
    );
  });
});
