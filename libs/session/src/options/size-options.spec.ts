import { wrongOptions } from '../../../../test/support/wrong-options.js';
import { resolveOptions } from './resolve.js';

describe('the size of a session', () => {
  it('rejects a warning above the largest size', () => {
    expect(wrongOptions({ size: { max: 1_000, warn: 1_001 } })).toEqual(['size.warn']);
    expect(wrongOptions({ size: { max: 1_000, warn: 1_000 } })).toEqual([]);
    expect(wrongOptions({ size: { max: 1_000, warn: Infinity } })).toEqual([]);
  });

  it('accepts a largest size below the default of the warning', () => {
    expect(resolveOptions({ size: { max: 1_000 } }).size).toEqual({ maxBytes: 1_000, warnBytes: 4_096 });
  });
});
