import { applyChanges, difference, isEmpty, NO_CHANGES } from './field-changes.js';

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

  it('returns no difference between equal fields', () => {
    const fields = new Map([['same', '1']]);
    expect(isEmpty(difference(fields, new Map(fields)))).toBe(true);
    expect(isEmpty(NO_CHANGES)).toBe(true);
    expect(isEmpty({ set: new Map(), remove: ['x'] })).toBe(false);
  });
});
