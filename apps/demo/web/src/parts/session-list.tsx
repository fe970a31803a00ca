import type { ComponentChildren } from 'preact';
import type { SessionFacts } from '../api.js';
import { ago, dayAndTimeOf } from '../words.js';

interface Props<S extends SessionFacts> {
  readonly sessions: readonly S[];
  readonly now: number;
  readonly badge?: (session: S) => string | null;
  readonly action: (session: S) => ComponentChildren;
}

/** Sessions, one a row: where they are, since when, and what can be done about each. */
export function SessionList<S extends SessionFacts>({ sessions, now, badge, action }: Props<S>) {
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
              {session.address ?? 'unknown address'} · signed in{' '}
              <Moment instant={session.signedInAt ?? session.createdAt} now={now} /> · last active{' '}
              <Moment instant={session.lastActiveAt} now={now} />
            </p>
            <p class="muted id">
              Public id <code>{session.id}</code>
            </p>
          </div>
          <div class="session-action">{action(session)}</div>
        </li>
      ))}
    </ul>
  );
}

function Moment({ instant, now }: { readonly instant: string; readonly now: number }) {
  return (
    <time dateTime={instant} title={dayAndTimeOf(instant)}>
      {ago(instant, now)}
    </time>
  );
}
