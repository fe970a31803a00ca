import { applyChanges, bytesAfter, difference, isEmpty, NO_CHANGES } from './field-changes.js';

describe('the difference of two sets of fields', () => {
  it('difference() returns the changes that lead from one set of fields to the other', () => {
    const before = new Map([
      ['same', '1'],
      ['other', '2'],
      ['removed', '3'],
    ]);
    const after = new Map([
      ['same', '1'],
      ['other', '20'],
      ['added', '4'],
    ]);
    const changes = difference(before, after);
    expect(changes).toEqual({
      set: new Map([
        ['other', '20'],
        ['added', '4'],
      ]),
      remove: ['removed'],
    });
    expect(applyChanges(before, changes)).toEqual(after);
  });

  it('starts from no fields, and changes neither set', () => {
    const after = new Map([['added', '4']]);
    const changes = difference(new Map(), after);
    expect(changes).toEqual({ set: after, remove: [] });
    expect(applyChanges(new Map(), changes)).toEqual(after);
    expect(applyChanges(after, NO_CHANGES)).toEqual(after);
    expect(applyChanges(after, { set: new Map([['added', '5']]), remove: [] }).get('added')).toBe('5');
    expect(after.get('added')).toBe('4');
  });

  it.each([
    [
      'sets fields',
      { set: new Map(Object.entries({ same: '1234', added: 'é' })), remove: [] },
      4 + 4 + 5 + 2 + 7 + 1,
    ],
    ['also removes one', { set: new Map([['added', '4']]), remove: ['removed'] }, 4 + 1 + 5 + 1],
    ['changes nothing', NO_CHANGES, 4 + 1 + 7 + 1],
  ])('bytesAfter() returns the size of the fields after a change that %s', (_change, changes, bytes) => {
    const stored = new Map(Object.entries({ same: '1', removed: '3' }));
    expect(bytesAfter(stored, changes)).toBe(bytes);
  });

  it('returns no difference between equal fields', () => {
    const fields = new Map([['same', '1']]);
    expect(isEmpty(difference(fields, new Map(fields)))).toBe(true);
    expect(isEmpty(NO_CHANGES)).toBe(true);
    expect(isEmpty({ set: new Map(), remove: ['x'] })).toBe(false);
  });
});
