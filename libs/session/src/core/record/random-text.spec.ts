import { randomText } from './random-text.js';

describe('random texts', () => {
  it('never repeat, within a batch and across batches', () => {
    const texts = Array.from({ length: 1_000 }, () => randomText(32));
    expect(new Set(texts).size).toBe(1_000);
    for (const text of texts) expect(text).toMatch(/^[\w-]{43}$/);
  });

  it('share no bytes with each other, whatever their lengths', () => {
    const lengths = Array.from({ length: 3_000 }, (_, index) => (index % 2 ? 3 : 32));
    const hex = lengths.map((length) => Buffer.from(randomText(length), 'base64url').toString('hex'));
    expect(hex.map((text) => text.length / 2)).toEqual(lengths);
    const windows = hex
      .filter((text) => text.length === 64)
      .flatMap((text) => [text.slice(0, 16), text.slice(-16)]);
    expect(new Set(windows).size).toBe(windows.length);
  });

  it('contain no run of zeros, which an overwritten byte would leave', () => {
    for (let count = 0; count < 1_000; count++) {
      expect(Buffer.from(randomText(32), 'base64url').includes(Buffer.alloc(8))).toBe(false);
    }
  });
});
