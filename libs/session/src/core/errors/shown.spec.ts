import { shown, shownSentence } from './shown.js';

describe('external text in a message', () => {
  it.each([
    ['a line break', 'x\ny', 'x\\ny'],
    ['a carriage return', 'x\ry', 'x\\ry'],
    ['an escape sequence', '\u001b[2K', '\\u{1b}[2K'],
    ['an escape sequence of one C1 character', '\u009b2K', '\\u{9b}2K'],
    ['the next-line character of C1', '\u0085', '\\u{85}'],
    ['delete and backspace', '\u007f\b', '\\u{7f}\\u{8}'],
    ['line and paragraph separators', '\u2028\u2029', '\\u{2028}\\u{2029}'],
    ['bidirectional control characters', '\u202egnp.\u2066\u200f', '\\u{202e}gnp.\\u{2066}\\u{200f}'],
    ['invisible characters', '\u200b\ufeff\u{e0041}', '\\u{200b}\\u{feff}\\u{e0041}'],
    ['a lone surrogate', 'a\ud800', 'a\\u{d800}'],
    ['null instead of text', null, 'null'],
  ])('escapes %s', (_what, text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  it.each(['cart.items[2].addedAt', 'grüße 👋', '日本語', 'it’s "quoted" \\n'])(
    'keeps printable text unchanged: %s',
    (text) => {
      expect(shown(text)).toBe(text);
    },
  );

  it('cuts long text, and marks the cut', () => {
    expect(shown('x'.repeat(100))).toBe('x'.repeat(100));
    expect(shown('x'.repeat(101))).toBe(`${'x'.repeat(100)}…`);
    expect(shown('👋'.repeat(100), 3)).toBe('👋\\u{d83d}…');
    expect(shownSentence('x'.repeat(1_000))).toHaveLength(501);
  });
});
