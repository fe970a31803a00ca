import 'reflect-metadata';
import { Type } from 'class-transformer';
import {
  IsInt,
  IsOptional,
  IsString,
  MaxLength,
  Min,
  registerDecorator,
  ValidateNested,
} from 'class-validator';
import { ClassRules } from './class.rules.js';

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

describe('a value that was stored', () => {
  it('is used where it keeps the rules, and where there is none', () => {
    expect(rules.checkRead('theme', 'dark')).toBeNull();
    expect(rules.checkRead('other', { any: 1 })).toBeNull();
    expect(rules.checkRead('addresses', [{ street: 'Main' }])).toBeNull();
  });

  it('is told where it breaks one', () => {
    expect(rules.checkRead('visits', -1)).toEqual({
      field: 'visits',
      expected: ['visits must not be less than 0'],
    });
    expect(rules.checkRead('addresses', [{}])).toEqual({
      field: 'addresses',
      expected: ['street must be a string'],
    });
  });

  it('is not held against a rule that takes its time, for a property cannot wait', () => {
    expect(rules.checkRead('team', 'other')).toBeNull();
  });
});
