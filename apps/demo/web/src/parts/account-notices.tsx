import { useEffect, useRef } from 'preact/hooks';
import type { Account } from '../state/use-account.js';
import { explainEnd, formatTime } from '../words.js';
import { Notice } from './notice.js';

/** Shows what concerns the account on every page: an ended session, a failed sign-out, an outage. */
export function AccountNotices({ account }: { readonly account: Account }) {
  return (
    <>
      <EndNotice account={account} />
      {account.signOutError !== null && (
        <Notice tone="bad" title="You are still signed in">
          The sign-out failed: {account.signOutError}
        </Notice>
      )}
      {account.status === 'unreachable' && (
        <Notice tone="bad" title="The demo does not respond">
          Retrying every few seconds.
        </Notice>
      )}
      {account.status === 'unavailable' && (
        <Notice tone="bad" title="The session store is unavailable">
          Redis does not respond. Without Redis, the demo cannot verify that you are signed in and rejects
          requests that need a sign-in. Retrying every few seconds.
        </Notice>
      )}
    </>
  );
}

/** Shows why and when the session of this browser ended. The demo pushes this event: the page sends no request. */
function EndNotice({ account: { end, dismissEnd } }: { readonly account: Account }) {
  const notice = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (end) notice.current?.focus();
  }, [end]);
  if (!end) return null;
  const when = end.at ? ` at ${formatTime(end.at)}` : '';
  return (
    <Notice
      tone="warn"
      title={`Your session ended${when}`}
      innerRef={notice}
      actions={
        <button type="button" class="quiet" onClick={dismissEnd}>
          Dismiss
        </button>
      }
    >
      {explainEnd(end)}
    </Notice>
  );
}
