import { checkSessionOptions } from './check-session-options.js';
import { resolveOptions } from './resolve.js';
import type { SessionModuleOptions } from './session-module-options.js';

const problemsOf = (csrf: unknown) =>
  checkSessionOptions({ csrf } as SessionModuleOptions).map(({ message }) => message);

describe('the option csrf', () => {
  it.each([
    ['a text', 'https://app.example.com'],
    ['a path', ['https://app.example.com/']],
    ['no scheme', ['app.example.com']],
    ['a wildcard', ['https://*.example.com', '*']],
    ['an upper-case host', ['https://App.example.com']],
    ['a default port', ['https://app.example.com:443']],
    ['an opaque origin', ['null']],
  ])('rejects origins with %s', (_what, origins) => {
    expect(problemsOf({ origins })).toEqual([
      expect.stringContaining("expected an array of origins such as 'https://app.example.com'"),
    ]);
  });

  it('names the item that is wrong', () => {
    expect(problemsOf({ origins: ['https://a.example', 'b.example'] })[0]).toContain(
      'Its item 1, "b.example", is no origin as browsers send it.',
    );
  });

  it.each([['short'], [[]], [['x'.repeat(32), 'short']], [5]])(
    'rejects the secret %j and does not print it',
    (secret) => {
      const [message = ''] = problemsOf({ secret });
      expect(message).toContain('expected a text of 32 or more characters');
      expect(message).not.toContain('short');
    },
  );

  it('allows the given origins only', () => {
    const { origins } = resolveOptions({ csrf: { origins: ['https://a.example:8443'] } }).csrf;
    expect([...origins]).toEqual(['https://a.example:8443']);
  });
});
