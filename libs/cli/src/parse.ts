import ms from 'ms';
import { usageFailure } from './failure.js';
import { printable } from './terminal/text.js';

/** Returns a function that reads a whole number within bounds from the text of an option. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  const bounds = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= least && number <= most) return number;
    throw usageFailure(`expected a whole number ${bounds}, received ${shown(text)}.`);
  };
}

/** Returns a function that reads a number, which may be a fraction, within bounds from the text of an option. */
export function decimalNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  const bounds = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  return (text) => {
    const number = Number(text);
    if (/^\d+(\.\d+)?$/.test(text) && number >= least && number <= most) return number;
    throw usageFailure(`expected a number ${bounds}, received ${shown(text)}.`);
  };
}

/** Returns a length of time in milliseconds from its text, such as `5s`. */
export function durationOf(text: string): number {
  const value = isDuration(text) ? ms(text) : NaN;
  if (value > 0) return value;
  throw usageFailure(
    `expected a positive length of time with its unit, such as 5s or 30m, received ${shown(text)}.`,
  );
}

/** A point in time of the command line; `now` is the time by the clock of Redis. */
export type PointInTime = Date | 'now';

/** Returns a point in time from its text: ISO 8601 with a time zone, or `now`. */
export function timeOf(text: string): PointInTime {
  if (text === 'now') return text;
  const time = new Date(text);
  if (/^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:?\d\d)$/i.test(text) && !Number.isNaN(time.getTime())) return time;
  throw usageFailure(
    `expected a time with its time zone, such as 2026-01-31T12:00:00Z or 2026-01-31T13:00:00+01:00, or now, received ${shown(text)}.`,
  );
}

/** Returns a function that reads one of some words from the text of an option. */
export function oneOf<Word extends string>(words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((candidate) => candidate === text);
    if (word !== undefined) return word;
    throw usageFailure(`expected one of ${words.join(', ')}, received ${shown(text)}.`);
  };
}

/** Returns text from outside for a message: quoted, short and safe on a terminal. */
export function shown(text: string): string {
  return JSON.stringify(printable(text.length > 60 ? `${text.slice(0, 60)}…` : text));
}

function isDuration(text: string): text is ms.StringValue {
  return /^\s*[\d.]+\s*[a-z]+\s*$/i.test(text);
}
