import { shown, shownSentence } from './shown.js';

describe('a text from outside in a message', () => {
  it.each([
    ['a line break', 'x\ny', 'x\\ny'],
    ['a return', 'x\ry', 'x\\ry'],
    ['an escape code', '\u001b[2K', '\\u{1b}[2K'],
    ['one of a single character', '\u009b2K', '\\u{9b}2K'],
    ['the next line of C1', '\u0085', '\\u{85}'],
    ['a deletion', '\u007f\b', '\\u{7f}\\u{8}'],
    ['separators of lines and paragraphs', '\u2028\u2029', '\\u{2028}\\u{2029}'],
    ['turned text', '\u202egnp.\u2066\u200f', '\\u{202e}gnp.\\u{2066}\\u{200f}'],
    ['what is not seen', '\u200b\ufeff\u{e0041}', '\\u{200b}\\u{feff}\\u{e0041}'],
    ['half a character', 'a\ud800', 'a\\u{d800}'],
    ['no text', null, 'null'],
  ])('is escaped where it holds %s', (_what, text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  it.each(['cart.items[2].addedAt', 'grüße 👋', '日本語', 'it’s "quoted" \\n'])(
    'is left as it is: %s',
    (text) => {
      expect(shown(text)).toBe(text);
    },
  );

  it('is cut', () => {
    expect(shown('x'.repeat(100))).toBe('x'.repeat(100));
    expect(shown('x'.repeat(101))).toBe(`${'x'.repeat(100)}…`);
    expect(shown('👋'.repeat(100), 3)).toBe('👋\\u{d83d}…');
    expect(shownSentence('x'.repeat(1_000))).toHaveLength(501);
  });
});
