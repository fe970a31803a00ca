import ms from 'ms';

/** Matches control characters, line separators and bidirectional controls, which could control the terminal. */
const UNSHOWABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;
const KIB = 1024;
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Returns text from outside in a form that is safe on a terminal: on one line, with escaped control characters. */
export function printable(text: string): string {
  return text.replaceAll(UNSHOWABLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** Returns a number with separators of thousands, such as `1,000,000`. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** Returns a number of bytes in the unit that fits, such as `1.5 MiB`. */
export function bytes(value: number): string {
  const unit = Math.min(Math.floor(Math.log(Math.max(value, 1)) / Math.log(KIB)), UNITS.length - 1);
  const scaled = value / KIB ** unit;
  return `${unit === 0 ? scaled : scaled.toFixed(1)} ${UNITS[unit]}`;
}

/** Returns a length of time in the unit that fits, such as `30m`. */
export function duration(valueMs: number): string {
  return ms(Math.round(valueMs));
}

/** Returns a share of a total in percent, such as `12.5 %`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** Returns a time in UTC, such as `2026-11-27 23:25:00Z`. */
export function time(value: Date): string {
  return value
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
}

/** Returns a noun with its number, such as `1 session` or `2 sessions`. */
export function plural(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? '' : 's'}`;
}
