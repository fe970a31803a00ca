import { exclusionTest, type SessionExclusion } from './exclusion.js';
import type { RawRequest } from './request.js';

/** Returns true if a request for a target, as the client sent it, is excluded. */
function excludes(exclusion: SessionExclusion, url: string, originalUrl?: string): boolean {
  return exclusionTest(exclusion)?.({ url, originalUrl } as never) ?? false;
}

describe('an exclusion by paths', () => {
  it.each(['/health', '/health?', '/health?verbose=1', '/health?next=/admin', '/health#top'])(
    'an exact path matches %s',
    (url) => expect(excludes(['/health'], url)).toBe(true),
  );

  it.each([
    ...['/', '/healthy', '/health/', '/health/deep', '//health', '/Health', '/%68ealth', '/./health'],
    ...['/api/health', '/?/health', '/#/health', 'http://host/health', '*', ''],
  ])('an exact path does not match %p', (url) => expect(excludes(['/health'], url)).toBe(false));

  it.each(['/assets/logo.png', '/assets/deep/logo.png?v=2', '/assets/', '/assets/?x', '/assets//logo.png'])(
    'a path with everything below it matches %s',
    (url) => expect(excludes(['/assets/*'], url)).toBe(true),
  );

  it.each([
    '/assets',
    '/assetsadmin',
    '/Assets/logo.png',
    '//assets/logo.png',
    '/api/assets/logo.png',
    '/?/assets/x',
  ])('a path with everything below it does not match %s', (url) =>
    expect(excludes(['/assets/*'], url)).toBe(false),
  );

  it.each<[string, boolean]>([
    ['/logo.png', true],
    ['/logo.png?v=2', true],
    ['/admin?file=logo.png', false],
    ['/admin#logo.png', false],
    ['http://logo.png', false],
    ['/LOGO.PNG', false],
  ])('a regular expression sees the path alone: %s', (url, isExcluded) => {
    expect(excludes([/\.png$/], url)).toBe(isExcluded);
  });

  it('compares the path that the client sent, and not one that a framework has rewritten', () => {
    expect(excludes(['/health'], '/admin', '/health')).toBe(true);
    expect(excludes(['/health'], '/health', '/admin')).toBe(false);
  });

  it('matches any item of the list, and nothing without items', () => {
    const exclusion = ['/health', '/assets/*', /^\/v\d+\/ping$/];
    for (const url of ['/health', '/assets/x', '/v2/ping']) expect(excludes(exclusion, url)).toBe(true);
    expect(excludes(exclusion, '/admin')).toBe(false);
    expect(exclusionTest([])).toBeNull();
  });

  it('does not change when the application changes its list', () => {
    const paths = ['/health'];
    const isExcluded = exclusionTest(paths);
    paths.push('/admin');
    expect(isExcluded?.({ url: '/admin' } as RawRequest)).toBe(false);
  });
});

describe('an exclusion by a function', () => {
  it('receives the request', () => {
    expect(excludes(({ url }) => url === '/health', '/health')).toBe(true);
    expect(excludes(({ url }) => url === '/health', '/admin')).toBe(false);
  });

  it.each([[Promise.resolve(false)], [undefined], [0], ['no']])('fails if it returns %p', (result) => {
    const exclusion = (() => result) as never;
    expect(() => excludes(exclusion, '/')).toThrow('must return true or false, and returned a value of type');
  });
});
