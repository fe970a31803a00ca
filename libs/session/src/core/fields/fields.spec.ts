import { type FieldProblem, SessionValueError } from '../errors/errors.js';
import type { FieldCodec, FieldRules } from './field-codec.js';
import { NO_CHANGES } from '../store/field-changes.js';
import { Fields } from './fields.js';
import { LazyObject } from './lazy-object.js';

type Data = Record<string, unknown>;

/** Creates fields on an object, and records every text that is decoded and every field that is encoded. */
function stage(
  stored: Readonly<Record<string, string>> = {},
  rules: FieldRules | null = null,
  codec: Partial<FieldCodec> = {},
) {
  const object = new LazyObject();
  const decoded: string[] = [];
  const encoded: string[] = [];
  const problems: FieldProblem[] = [];
  const fields = new Fields(object, {
    codec: {
      encode: (name, value) => {
        encoded.push(name);
        return { text: JSON.stringify(value), problem: null };
      },
      decode: (text) => {
        decoded.push(text);
        return JSON.parse(text) as unknown;
      },
      isAsIn: (text, value) => JSON.stringify(value) === text,
      ...codec,
    },
    rules,
    reportInvalid: (problem) => problems.push(problem),
  });
  fields.reset(new Map(Object.entries(stored)));
  return { target: object as unknown as Data, fields, decoded, encoded, problems };
}

function changesOf(fields: Fields): { set: Record<string, string>; remove: readonly string[] } {
  const { set, remove } = fields.changes();
  return { set: Object.fromEntries(set), remove };
}

/** Rejects numbers below zero. */
const POSITIVE: FieldRules = {
  unknown: 'keep',
  knows: () => true,
  prune: (_name, value) => value,
  checkWrite: () => Promise.resolve([]),
  checkRead: (session) => {
    const broken = [...session].filter(([, value]) => (value as number) < 0);
    return new Map(broken.map(([field]) => [field, { field, expected: ['at least 0'] }]));
  },
};

describe('stored fields', () => {
  it('decodes a field once, when it is first read, and no other field', () => {
    const { target, decoded } = stage({ cart: '[1,2]', theme: '"dark"' });
    expect(decoded).toEqual([]);
    expect(target['cart']).toEqual([1, 2]);
    expect(target['cart']).toBe(target['cart']);
    expect(decoded).toEqual(['[1,2]']);
  });

  it('lists and checks fields without decoding them', () => {
    const { target, decoded } = stage({ cart: '[1,2]', theme: '"dark"' });
    expect(Object.keys(target)).toEqual(['cart', 'theme']);
    expect(decoded).toEqual([]);
    expect({ ...target }).toEqual({ cart: [1, 2], theme: 'dark' });
  });

  it('encodes no field that was read and not changed', () => {
    const { target, fields, encoded } = stage({ list: '[1]', text: '"a"' });
    void [target.list, target.text];
    expect(fields.changes()).toBe(NO_CHANGES);
    expect(encoded).toEqual([]);
    (target.list as number[]).push(2);
    expect(changesOf(fields)).toEqual({ set: { list: '[1,2]' }, remove: [] });
  });

  it('neither decodes nor encodes untouched fields on save', () => {
    const { target, fields, decoded, encoded } = stage({ big: '[1]', seen: '1' });
    target['seen'] = 2;
    expect(changesOf(fields)).toEqual({ set: { seen: '2' }, remove: [] });
    expect(decoded).toEqual(['1']);
    expect(encoded).not.toContain('big');
  });

  it('stores the value of an accessor that the application defines', () => {
    const { target, fields } = stage({ cart: '[1,2]' });
    Object.defineProperty(target, 'count', {
      enumerable: true,
      get(this: { cart: number[] }) {
        return this.cart.length;
      },
    });
    expect(changesOf(fields)).toEqual({ set: { count: '2' }, remove: [] });
  });

  it('encodes no written field again once it is stored, until it is written again', () => {
    const { target, fields, encoded } = stage({ visits: '1' });
    target['visits'] = 2;
    fields.acknowledge(fields.changes());
    encoded.length = 0;
    expect(fields.areChanged()).toBe(false);
    expect(fields.changes()).toBe(NO_CHANGES);
    expect(encoded).toEqual([]);
    target['visits'] = 3;
    expect(fields.changes().set).toEqual(new Map([['visits', '3']]));
    expect(target['visits']).toBe(3);
  });

  it('writes no field that was only read', () => {
    const { target, fields } = stage({ cart: '[1,2]', nothing: 'null' });
    expect([target['cart'], target['nothing']]).toEqual([[1, 2], null]);
    expect(changesOf(fields)).toEqual({ set: {}, remove: [] });
  });

  it('writes no field that another writer formatted differently and that was only read', () => {
    const { target, fields } = stage({ cart: ' { "a" : 1.0,\n"b":"\\u00fc" } ' });
    expect(target['cart']).toEqual({ a: 1, b: 'ü' });
    expect(changesOf(fields)).toEqual({ set: {}, remove: [] });
    (target['cart'] as Data)['a'] = 2;
    expect(changesOf(fields)).toEqual({ set: { cart: '{"a":2,"b":"ü"}' }, remove: [] });
  });
});

describe('changes of fields', () => {
  it('finds a change at any depth of a value', () => {
    const { target, fields } = stage({ cart: '{"items":[{"count":1}]}' });
    const cart = target['cart'] as { items: { count: number }[] };
    cart.items[0]!.count++;
    expect(changesOf(fields)).toEqual({ set: { cart: '{"items":[{"count":2}]}' }, remove: [] });
    cart.items[0]!.count--;
    expect(changesOf(fields)).toEqual({ set: {}, remove: [] });
  });

  it('finds a change in place back to the value before the last save', () => {
    const { target, fields } = stage({ list: '[1]' });
    const list = target['list'] as number[];
    list.push(2);
    fields.acknowledge(fields.changes());
    list.pop();
    expect(changesOf(fields)).toEqual({ set: { list: '[1]' }, remove: [] });
  });

  it('reports each changed field whose stored form differs, and may be called without a listener', () => {
    const { target, fields } = stage({ same: '"2030"' }, null, {
      encode: (name, value) => ({
        text: JSON.stringify(value),
        problem: value instanceof Date ? { path: name, received: 'a Date', remedy: 'Store text.' } : null,
      }),
    });
    Object.assign(target, { since: new Date(0), plain: 1 });
    void target['same'];
    const converted: string[] = [];
    const { set } = fields.changes((field, { received }) => converted.push(`${field}: ${received}`));
    expect(converted).toEqual(['since: a Date']);
    expect(fields.changes().set).toEqual(set);
  });

  it('changes are new fields, other values and removals', () => {
    const { target, fields } = stage({ other: '1', deleted: '2', emptied: '3', left: '4' });
    target['added'] = { a: 1 };
    target['other'] = 'one';
    delete target['deleted'];
    target['emptied'] = undefined;
    expect(changesOf(fields)).toEqual({
      set: { added: '{"a":1}', other: '"one"' },
      remove: ['deleted', 'emptied'],
    });
  });

  it('finds no change if the stored value is written again', () => {
    const { target, fields } = stage({ theme: '"dark"' });
    target['theme'] = 'dark';
    expect(changesOf(fields)).toEqual({ set: {}, remove: [] });
  });

  it('finds no change if a field was added and removed', () => {
    const { target, fields } = stage();
    target['brief'] = 1;
    delete target['brief'];
    target['never'] = undefined;
    expect(changesOf(fields)).toEqual({ set: {}, remove: [] });
  });

  it.each(['read', 'unread'])(
    'finds changes of a field that is deleted and written again, %s before',
    (before) => {
      const { target, fields } = stage({ theme: '"dark"' });
      if (before === 'read') void target['theme'];
      delete target['theme'];
      target['theme'] = 'light';
      expect(changesOf(fields)).toEqual({ set: { theme: '"light"' }, remove: [] });
      target['theme'] = undefined;
      expect(changesOf(fields)).toEqual({ set: {}, remove: ['theme'] });
    },
  );

  it.each(['read', 'unread'])(
    'finds changes of a field named like a property of Object.prototype, %s before',
    (before) => {
      const { target, fields } = stage({ toString: '"mine"', valueOf: '1' });
      if (before === 'read') void target['toString'];
      expect(Object.keys(target)).toEqual(['toString', 'valueOf']);
      delete target['toString'];
      expect(changesOf(fields)).toEqual({ set: {}, remove: ['toString'] });
      target['toString'] = 'yours';
      expect(changesOf(fields)).toEqual({ set: { toString: '"yours"' }, remove: [] });
    },
  );

  it.each(['id', 'save', 'update', '__proto__', 'constructor', 'prototype'])(
    'rejects a change of the reserved name %s',
    (name) => {
      const { target, fields } = stage();
      Object.defineProperty(target, name, { value: 1, enumerable: true, configurable: true });
      expect(() => fields.changes()).toThrow(SessionValueError);
      expect(() => fields.changes()).toThrow(`session.${name} cannot be set: the name is reserved.`);
    },
  );

  it('rejects a field name with a lone surrogate, because stores would confuse it with others', () => {
    const { target, fields } = stage();
    target['a\ud83d'] = 1;
    expect(() => fields.changes()).toThrow(SessionValueError);
    expect(() => fields.changes()).toThrow(
      'session["a\\u{d83d}"] cannot be stored: expected a name of whole characters',
    );
  });

  it('keeps and hides a stored field with a reserved name, which another version may have written', () => {
    const { target, fields } = stage({ save: '1', __proto__x: '2' });
    expect(Object.keys(target)).toEqual(['__proto__x']);
    expect(changesOf(fields)).toEqual({ set: {}, remove: [] });
  });

  it('after() returns the usable fields as they are read after the changes', () => {
    const { target, fields } = stage({ left: '1', bad: '-1', removed: '2', broken: '{' }, POSITIVE);
    target['cart'] = [1];
    delete target['removed'];
    expect(fields.after(fields.changes())).toEqual(
      new Map<string, unknown>([
        ['left', 1],
        ['cart', [1]],
      ]),
    );
  });
});

describe('an unusable stored field', () => {
  it.each([
    ['unreadable', '{"a":', ['stored text that can be read']],
    ['against the rules', '-1', ['at least 0']],
  ])(
    'a field that is %s reads as absent, is reported once, and stays in the store',
    (_why, text, expected) => {
      const { target, fields, problems } = stage({ bad: text }, POSITIVE);
      expect(problems).toEqual([]);
      expect([target['bad'], target['bad']]).toEqual([undefined, undefined]);
      expect('bad' in target).toBe(false);
      expect(problems).toEqual([{ field: 'bad', expected }]);
      expect(changesOf(fields)).toEqual({ set: {}, remove: [] });
    },
  );

  it('an unusable field is replaced by a write and removed by a deletion', () => {
    const { target, fields } = stage({ bad: '{' });
    void target['bad'];
    target['bad'] = 1;
    expect(changesOf(fields)).toEqual({ set: { bad: '1' }, remove: [] });
    fields.acknowledge(fields.changes());
    expect(changesOf(fields)).toEqual({ set: {}, remove: [] });
    delete target['bad'];
    expect(changesOf(fields)).toEqual({ set: {}, remove: ['bad'] });
  });

  it('an unusable field is reported once, however it is read, and an absent field never', () => {
    const { target, fields, problems } = stage({ bad: '{' });
    expect([fields.usable('bad'), fields.usable('bad'), target['bad']]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(fields.usable('absent')).toBeUndefined();
    expect(problems.map(({ field }) => field)).toEqual(['bad']);
  });

  it('detach() leaves no property for an unusable field', () => {
    const { target, fields } = stage({ bad: '{', theme: '"dark"' });
    fields.detach();
    expect(Object.keys(target)).toEqual(['theme']);
    expect(changesOf(fields)).toEqual({ set: { theme: '"dark"' }, remove: [] });
  });

  it('an unusable field that was not read is replaced by a write', () => {
    const { target, fields, problems } = stage({ bad: '{' });
    target['bad'] = 1;
    expect(changesOf(fields)).toEqual({ set: { bad: '1' }, remove: [] });
    expect(problems).toEqual([]);
  });
});

describe('the known state of the store', () => {
  it('acknowledge() takes the changes into the baseline', () => {
    const { target, fields } = stage({ theme: '"dark"', removed: '1', unread: '2' });
    target['theme'] = 'light';
    delete target['removed'];
    fields.acknowledge(fields.changes());
    expect(Object.fromEntries(fields.baseline)).toEqual({ theme: '"light"', unread: '2' });
    expect(changesOf(fields)).toEqual({ set: {}, remove: [] });
    target['removed'] = 2;
    expect(changesOf(fields)).toEqual({ set: { removed: '2' }, remove: [] });
  });

  it('detach() empties the baseline and keeps the properties', () => {
    const { target, fields } = stage({ theme: '"dark"', cart: '[1]' });
    void target['theme'];
    fields.detach();
    expect({ ...target }).toEqual({ theme: 'dark', cart: [1] });
    expect(changesOf(fields)).toEqual({ set: { theme: '"dark"', cart: '[1]' }, remove: [] });
  });

  it('absorb() takes over the writes of other requests', () => {
    const { target, fields } = stage({ theme: '"dark"', cart: '[1]', removed: '1' });
    target['theme'] = 'light';
    fields.absorb({
      set: new Map([
        ['theme', '"blue"'],
        ['added', '1'],
      ]),
      remove: ['removed'],
    });
    expect(changesOf(fields)).toEqual({ set: {}, remove: [] });
    expect({ ...target }).toEqual({ theme: 'blue', cart: [1], added: 1 });
    target['removed'] = 2;
    expect(changesOf(fields)).toEqual({ set: { removed: '2' }, remove: [] });
  });

  it('absorb() hides a field with a reserved name, which another version may have written', () => {
    const { target, fields } = stage();
    fields.absorb({ set: new Map([['save', '1']]), remove: [] });
    expect(Object.keys(target)).toEqual([]);
    expect(changesOf(fields)).toEqual({ set: {}, remove: [] });
  });

  it('revert() restores the stored value of a field, and removes a field that is not stored', () => {
    const { target, fields } = stage({ theme: '"dark"' });
    target['theme'] = 'light';
    target['added'] = 1;
    for (const name of ['theme', 'added']) fields.revert(name);
    expect(Object.keys(target)).toEqual(['theme']);
    expect(target['theme']).toBe('dark');
    expect(changesOf(fields)).toEqual({ set: {}, remove: [] });
  });

  it('reset() replaces the baseline and the properties', () => {
    const { target, fields } = stage({ theme: '"dark"' });
    target['mine'] = 1;
    fields.reset(new Map([['cart', '[1]']]));
    expect({ ...target }).toEqual({ cart: [1] });
    expect(changesOf(fields)).toEqual({ set: {}, remove: [] });
  });

  it('all() returns the baseline with the changes', () => {
    const { target, fields } = stage({ theme: '"dark"', cart: '[1]', removed: '1' });
    target['theme'] = 'light';
    delete target['removed'];
    expect(Object.fromEntries(fields.all())).toEqual({ theme: '"light"', cart: '[1]' });
  });

  it('storedValue() reads the baseline and leaves the properties alone', () => {
    const { target, fields } = stage({ theme: '"dark"', bad: '{' });
    target['theme'] = 'light';
    expect([fields.storedValue('theme'), fields.storedValue('bad'), fields.storedValue('never')]).toEqual([
      'dark',
      undefined,
      undefined,
    ]);
    expect(target['theme']).toBe('light');
  });
});
