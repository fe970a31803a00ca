import { formatDuration, formatTime } from '../words.js';

interface Props {
  readonly name: string;
  readonly about: string;
  readonly from: string;
  readonly to: string;
  readonly now: number;
}

/** Counts down to the end of a timeout. */
export function Clock({ name, about, from, to, now }: Props) {
  const [begin, end] = [Date.parse(from), Date.parse(to)];
  const left = Math.max(0, end - now);
  const share = Math.min(1, left / Math.max(1, end - begin));
  return (
    <div class="clock">
      <p class="clock-name">{name}</p>
      <p class="clock-left">{formatDuration(left)}</p>
      <svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" focusable="false">
        <rect class="bar-track" width="100" height="4" />
        <rect class="bar-left" width={share * 100} height="4" />
      </svg>
      <p class="muted">
        {about} Ends at {formatTime(to)}.
      </p>
    </div>
  );
}
