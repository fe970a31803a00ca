import type { ComponentChildren } from 'preact';
import type { SessionInfo } from '../api.js';
import { formatAgo, formatDateAndTime } from '../words.js';

interface Props<S extends SessionInfo> {
  readonly sessions: readonly S[];
  readonly now: number;
  readonly badge?: (session: S) => string | null;
  readonly action: (session: S) => ComponentChildren;
}

/** Lists sessions, one per row, with an action for each. */
export function SessionList<S extends SessionInfo>({ sessions, now, badge, action }: Props<S>) {
  return (
    <ul class="sessions">
      {sessions.map((session) => (
        <li key={session.id} class="session">
          <div class="session-text">
            <p class="session-device">
              {session.device ?? 'Unknown device'}{' '}
              {badge?.(session) && <span class="badge">{badge(session)}</span>}
            </p>
            <p class="muted">
              {session.address !== null && `${session.address} · `}
              <span class="nowrap">
                active <Moment instant={session.lastActiveAt} now={now} />
              </span>
            </p>
          </div>
          <div class="session-action">{action(session)}</div>
          <details class="session-details">
            <summary>Details</summary>
            <dl>
              <dt>Signed in</dt>
              <dd>{formatDateAndTime(session.signedInAt ?? session.createdAt)}</dd>
              <dt>Expires</dt>
              <dd>{formatDateAndTime(expiryOf(session))}</dd>
              <dt>Public ID</dt>
              <dd>
                <code>{session.id}</code>
              </dd>
            </dl>
          </details>
        </li>
      ))}
    </ul>
  );
}

/** Returns the earlier end of the idle and the absolute timeout. */
function expiryOf({ idleEndAt, absoluteEndAt }: SessionInfo): string {
  return Date.parse(idleEndAt) < Date.parse(absoluteEndAt) ? idleEndAt : absoluteEndAt;
}

function Moment({ instant, now }: { readonly instant: string; readonly now: number }) {
  return (
    <time dateTime={instant} title={formatDateAndTime(instant)}>
      {formatAgo(instant, now)}
    </time>
  );
}
