import { toMs } from './duration.js';

describe('a duration', () => {
  it.each([
    [1, 1],
    [1_800_000, 1_800_000],
    [0.6, 1],
    ['250ms', 250],
    ['30m', 1_800_000],
    ['12h', 43_200_000],
    ['7 days', 604_800_000],
    ['1.5s', 1_500],
    ['500', 500],
  ])('%j is %d ms', (duration, ms) => {
    expect(toMs(duration)).toBe(ms);
  });

  it.each([
    0,
    0.4,
    -1,
    NaN,
    Infinity,
    '',
    '  ',
    '0',
    '-5m',
    'soon',
    '5 parsecs',
    '1'.repeat(200),
    null,
    undefined,
    true,
    {},
    [5],
  ])('rejects %j', (duration) => {
    expect(toMs(duration)).toBeNull();
  });
});
