import { withNoStore } from './cache-control.js';

describe('Cache-Control of a response that no cache may keep', () => {
  it.each<[string | string[] | number | undefined, string]>([
    [undefined, 'no-store'],
    ['', 'no-store'],
    ['no-store', 'no-store'],
    ['No-Store', 'No-Store'],
    ['no-cache', 'no-cache, no-store'],
    ['no-transform', 'no-transform, no-store'],
    ['private, max-age=60', 'private, no-store'],
    ['public, max-age=31536000, immutable', 'no-store'],
    ['s-maxage=60, stale-while-revalidate=5,stale-if-error=5', 'no-store'],
    ['no-store, must-understand', 'no-store'],
    ['Public , MAX-AGE=1 , No-Transform', 'No-Transform, no-store'],
    [['no-transform', 'public'], 'no-transform, no-store'],
    ['no-transform, no-transform, no-store', 'no-transform, no-store'],
    ['private="set-cookie, max-age", no-transform', 'private="set-cookie, max-age", no-transform, no-store'],
    ['no-cache="a\\", public", public', 'no-cache="a\\", public", no-store'],
    ['max-aged=1', 'max-aged=1, no-store'],
    [0, '0, no-store'],
    // What Nest sends with events.
    [
      'private, no-cache, no-store, must-revalidate, max-age=0, no-transform',
      'private, no-cache, no-store, must-revalidate, no-transform',
    ],
  ])('%j becomes %j', (value, expected) => {
    expect(withNoStore(value)).toBe(expected);
  });
});
