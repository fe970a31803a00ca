import ms from 'ms';

/**
 * A length of time: a text with its unit such as `'30m'`, `'12h'` or `'7 days'`, in the notation of the `ms` package, or
 * a number of milliseconds.
 */
export type Duration = number | string;

/** Returns a duration in milliseconds; `null` if it is not a positive, finite length of time. */
export function toMs(duration: unknown): number | null {
  const value = typeof duration === 'string' ? parse(duration) : duration;
  if (typeof value !== 'number' || !Number.isFinite(value)) return null;
  const whole = Math.round(value);
  return Number.isSafeInteger(whole) && whole > 0 ? whole : null;
}

function parse(text: string): number {
  try {
    return ms(text as ms.StringValue);
  } catch {
    return NaN; // ms throws for an empty or a very long text
  }
}
