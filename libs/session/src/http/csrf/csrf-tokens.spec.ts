import { CsrfTokens } from './csrf-tokens.js';

const ID = 'aaabbbcccddd';

describe('CsrfTokens', () => {
  it('issues a different token each time, and all of them are valid for the session', () => {
    const tokens = new CsrfTokens(['first']);
    const issued = Array.from({ length: 50 }, () => tokens.issue(ID));
    expect(new Set(issued).size).toBe(50);
    expect(issued.every((token) => tokens.isValid(token, ID))).toBe(true);
    expect(issued.some((token) => tokens.isValid(token, `${ID}x`))).toBe(false);
  });

  it('issues tokens with the first secret and verifies those of all', () => {
    const [old, next] = [new CsrfTokens(['first']), new CsrfTokens(['second'])];
    const between = new CsrfTokens(['second', 'first']);
    expect(between.isValid(old.issue(ID), ID)).toBe(true);
    expect(next.isValid(between.issue(ID), ID)).toBe(true);
    expect(next.isValid(old.issue(ID), ID)).toBe(false);
  });
});
