import { type FieldProblem, SessionValueError } from '../errors/errors.js';
import type { FieldRules } from './field-codec.js';
import { NO_CHANGES } from '../store/field-changes.js';
import { Fields } from './fields.js';
import { LazyObject } from './lazy-object.js';

type Data = Record<string, unknown>;

/** Fields on an object, with a count of what is decoded and encoded. */
function stage(stored: Readonly<Record<string, string>> = {}, rules: FieldRules | null = null) {
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

/** Refuses numbers below zero. */
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

describe('changes', () => {
  it('are noticed however deep they are', () => {
    const { target, fields } = stage({ cart: '{"items":[{"count":1}]}' });
    const cart = target['cart'] as { items: { count: number }[] };
    cart.items[0]!.count++;
    expect(changesOf(fields)).toEqual({ set: { cart: '{"items":[{"count":2}]}' }, remove: [] });
    cart.items[0]!.count--;
    expect(changesOf(fields)).toEqual({ set: {}, remove: [] });
  });

  it('are new fields, other values and removals', () => {
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

  it('are none where a value is written that is there already', () => {
    const { target, fields } = stage({ theme: '"dark"' });
    target['theme'] = 'dark';
    expect(changesOf(fields)).toEqual({ set: {}, remove: [] });
  });

  it('are none where a field came and went', () => {
    const { target, fields } = stage();
    target['brief'] = 1;
    delete target['brief'];
    target['never'] = undefined;
    expect(changesOf(fields)).toEqual({ set: {}, remove: [] });
  });

  it.each(['read', 'unread'])(
    'are noticed in a field that is deleted and written again, %s before',
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
    'are noticed in a field that has the name of what every object has, %s before',
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
    'cannot be made to %s',
    (name) => {
      const { target, fields } = stage();
      Object.defineProperty(target, name, { value: 1, enumerable: true, configurable: true });
      expect(() => fields.changes()).toThrow(SessionValueError);
      expect(() => fields.changes()).toThrow(`session.${name} cannot be set: the name is reserved.`);
    },
  );

  it('cannot be made to half a character, which no store tells from another', () => {
    const { target, fields } = stage();
    target['a\ud83d'] = 1;
    expect(() => fields.changes()).toThrow(SessionValueError);
    expect(() => fields.changes()).toThrow(
      'session["a\\u{d83d}"] cannot be stored: expected a name of whole characters',
    );
  });

  it('leave a stored field alone that has a reserved name, as one of another version may', () => {
    const { target, fields } = stage({ save: '1', __proto__x: '2' });
    expect(Object.keys(target)).toEqual(['__proto__x']);
    expect(changesOf(fields)).toEqual({ set: {}, remove: [] });
  });

  it('lead to the session that is read afterwards', () => {
    const { target, fields } = stage({ left: '1', bad: '-1', gone: '2', broken: '{' }, POSITIVE);
    target['cart'] = [1];
    delete target['gone'];
    expect(fields.after(fields.changes())).toEqual(
      new Map<string, unknown>([
        ['left', 1],
        ['cart', [1]],
      ]),
    );
  });
});

describe('a stored field that cannot be used', () => {
  it.each([
    ['unreadable', '{"a":', ['stored text that can be read']],
    ['against the rules', '-1', ['at least 0']],
  ])('because it is %s reads as absent, is told once, and stays in the store', (_why, text, expected) => {
    const { target, fields, problems } = stage({ bad: text }, POSITIVE);
    expect(problems).toEqual([]);
    expect([target['bad'], target['bad']]).toEqual([undefined, undefined]);
    expect('bad' in target).toBe(false);
    expect(problems).toEqual([{ field: 'bad', expected }]);
    expect(changesOf(fields)).toEqual({ set: {}, remove: [] });
  });

  it('is replaced when the application writes it, and removed when it then deletes it', () => {
    const { target, fields } = stage({ bad: '{' });
    void target['bad'];
    target['bad'] = 1;
    expect(changesOf(fields)).toEqual({ set: { bad: '1' }, remove: [] });
    fields.acknowledge(fields.changes());
    expect(changesOf(fields)).toEqual({ set: {}, remove: [] });
    delete target['bad'];
    expect(changesOf(fields)).toEqual({ set: {}, remove: ['bad'] });
  });

  it('is replaced when the application writes it unread', () => {
    const { target, fields, problems } = stage({ bad: '{' });
    target['bad'] = 1;
    expect(changesOf(fields)).toEqual({ set: { bad: '1' }, remove: [] });
    expect(problems).toEqual([]);
  });
});

describe('what the store has', () => {
  it('is what was acknowledged', () => {
    const { target, fields } = stage({ theme: '"dark"', gone: '1', unread: '2' });
    target['theme'] = 'light';
    delete target['gone'];
    fields.acknowledge(fields.changes());
    expect(Object.fromEntries(fields.baseline)).toEqual({ theme: '"light"', unread: '2' });
    expect(changesOf(fields)).toEqual({ set: {}, remove: [] });
    target['gone'] = 2;
    expect(changesOf(fields)).toEqual({ set: { gone: '2' }, remove: [] });
  });

  it('is nothing after a detachment, and the properties stay', () => {
    const { target, fields } = stage({ theme: '"dark"', cart: '[1]' });
    void target['theme'];
    fields.detach();
    expect({ ...target }).toEqual({ theme: 'dark', cart: [1] });
    expect(changesOf(fields)).toEqual({ set: { theme: '"dark"', cart: '[1]' }, remove: [] });
  });

  it('is what others have written, once it is absorbed', () => {
    const { target, fields } = stage({ theme: '"dark"', cart: '[1]', gone: '1' });
    target['theme'] = 'light';
    fields.absorb({
      set: new Map([
        ['theme', '"blue"'],
        ['added', '1'],
      ]),
      remove: ['gone'],
    });
    expect(changesOf(fields)).toEqual({ set: {}, remove: [] });
    expect({ ...target }).toEqual({ theme: 'blue', cart: [1], added: 1 });
    target['gone'] = 2;
    expect(changesOf(fields)).toEqual({ set: { gone: '2' }, remove: [] });
  });

  it('is other fields altogether after a reset', () => {
    const { target, fields } = stage({ theme: '"dark"' });
    target['mine'] = 1;
    fields.reset(new Map([['cart', '[1]']]));
    expect({ ...target }).toEqual({ cart: [1] });
    expect(changesOf(fields)).toEqual({ set: {}, remove: [] });
  });

  it('with the changes is everything', () => {
    const { target, fields } = stage({ theme: '"dark"', cart: '[1]', gone: '1' });
    target['theme'] = 'light';
    delete target['gone'];
    expect(Object.fromEntries(fields.all())).toEqual({ theme: '"light"', cart: '[1]' });
  });

  it('is read without a change to what the application sees', () => {
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
