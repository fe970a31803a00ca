import type { SessionEnd } from './api.js';

const TIME = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const DAY_AND_TIME = new Intl.DateTimeFormat(undefined, {
  dateStyle: 'medium',
  timeStyle: 'medium',
  hourCycle: 'h23',
});
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export function timeOf(instant: string): string {
  return TIME.format(new Date(instant));
}

export function dayAndTimeOf(instant: string): string {
  return DAY_AND_TIME.format(new Date(instant));
}

/** How long ago something was, such as "5 minutes ago". */
export function ago(instant: string, now: number): string {
  const ms = Math.max(0, now - Date.parse(instant));
  if (ms < 10 * SECOND_MS) return 'just now';
  if (ms < MINUTE_MS) return RELATIVE.format(-Math.floor(ms / SECOND_MS), 'second');
  if (ms < HOUR_MS) return RELATIVE.format(-Math.floor(ms / MINUTE_MS), 'minute');
  if (ms < DAY_MS) return RELATIVE.format(-Math.floor(ms / HOUR_MS), 'hour');
  return RELATIVE.format(-Math.floor(ms / DAY_MS), 'day');
}

/** What is left of a time, such as "29 min 58 s". */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / SECOND_MS));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

/** Who ended a session, as part of a sentence. */
export function whereFrom(by: SessionEnd['by']): string {
  if (!by) return '';
  const device = by.device ?? 'an unknown device';
  return by.address === null ? device : `${device} (${by.address})`;
}

/** Why a session is gone, for the one who was signed in. */
export function explainEnd({ reason, by }: Pick<SessionEnd, 'reason' | 'by'>): string {
  const from = whereFrom(by);
  switch (reason) {
    case 'evicted':
      return from ? `A newer sign-in took its place, from ${from}.` : 'A newer sign-in took its place.';
    case 'revoked':
      return from ? `It was ended from ${from}.` : 'It was ended by an administrator.';
    case 'expired':
      return 'One of its two clocks ran out.';
    case 'signed-out':
      return 'It was signed out, in another tab of this browser.';
    case 'replaced':
      return 'It goes on under a newer cookie.';
    default:
      return 'It is gone.';
  }
}
