import type { SessionEnd } from './api.js';

const TIME = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const DATE_AND_TIME = new Intl.DateTimeFormat(undefined, {
  dateStyle: 'medium',
  timeStyle: 'medium',
  hourCycle: 'h23',
});
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export function formatTime(instant: string): string {
  return TIME.format(new Date(instant));
}

export function formatDateAndTime(instant: string): string {
  return DATE_AND_TIME.format(new Date(instant));
}

/** Formats how long ago an instant was, such as "5 minutes ago". */
export function formatAgo(instant: string, now: number): string {
  const ms = Math.max(0, now - Date.parse(instant));
  if (ms < 10 * SECOND_MS) return 'just now';
  if (ms < MINUTE_MS) return RELATIVE.format(-Math.floor(ms / SECOND_MS), 'second');
  if (ms < HOUR_MS) return RELATIVE.format(-Math.floor(ms / MINUTE_MS), 'minute');
  if (ms < DAY_MS) return RELATIVE.format(-Math.floor(ms / HOUR_MS), 'hour');
  return RELATIVE.format(-Math.floor(ms / DAY_MS), 'day');
}

/** Formats a duration, such as "29 min 58 s". */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / SECOND_MS));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

/** Formats a number with its noun, such as "1 session" or "3 sessions". */
export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function describeOrigin(by: SessionEnd['by']): string {
  if (!by) return '';
  const device = by.device ?? 'an unknown device';
  return by.address === null ? device : `${device} (${by.address})`;
}

/** Explains to the user of a session why the session has ended. */
export function explainEnd({ reason, by }: Pick<SessionEnd, 'reason' | 'by'>): string {
  const origin = describeOrigin(by);
  switch (reason) {
    case 'evicted':
      return origin ? `A newer sign-in from ${origin} replaced it.` : 'A newer sign-in replaced it.';
    case 'revoked':
      return origin ? `It was signed out from ${origin}.` : 'An administrator signed it out.';
    case 'expired':
      return 'Its idle or absolute timeout was reached.';
    case 'signed-out':
      return 'It was signed out in another tab of this browser.';
    case 'replaced':
      return 'It continues under a new cookie.';
    default:
      return 'The session no longer exists.';
  }
}
