import type { ApiError, SessionInfo } from '../api.js';
import { useNow } from '../state/use-now.js';
import { formatCount } from '../words.js';
import { Notice } from './notice.js';
import { SessionList } from './session-list.js';

/** The user's answer to a rejected sign-in: a session to end, or another policy. */
export interface SignInChoice {
  readonly end?: string;
  readonly onExceed?: string;
}

interface Props {
  readonly error: ApiError;
  readonly isBusy: boolean;
  readonly onChoose: (choice: SignInChoice) => void;
}

/** Offers the sessions to end after the limit has rejected a sign-in. */
export function MakeRoom({ error, isBusy, onChoose }: Props) {
  const now = useNow();
  const sessions: readonly SessionInfo[] = error.body.sessions ?? [];
  return (
    <section class="make-room" aria-label="Make room">
      <Notice tone="warn" title={`Limit reached: ${formatCount(error.body.max ?? 0, 'session')} at a time`}>
        No session has ended yet. Choose a session to sign out, and the sign-in continues.
      </Notice>
      <SessionList
        sessions={sessions}
        now={now}
        action={(session) => (
          <button
            type="button"
            class="secondary small"
            disabled={isBusy}
            aria-label={`Sign out ${session.device ?? 'unknown device'} and sign in here`}
            onClick={() => onChoose({ end: session.id })}
          >
            Sign out
          </button>
        )}
      />
      <button
        type="button"
        class="quiet"
        disabled={isBusy}
        onClick={() => onChoose({ onExceed: 'evict-oldest' })}
      >
        Sign in anyway and sign out the oldest session
      </button>
    </section>
  );
}
