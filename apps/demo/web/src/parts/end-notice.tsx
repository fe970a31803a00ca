import { useEffect, useRef } from 'preact/hooks';
import type { Account } from '../state/use-account.js';
import { explainEnd, timeOf } from '../words.js';
import { Notice } from './notice.js';

/** Tells that the session has ended, without anybody having asked: who did it, and when. */
export function EndNotice({ account: { end, dismissEnd } }: { readonly account: Account }) {
  const notice = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (end) notice.current?.focus();
  }, [end]);
  if (!end) return null;
  const when = end.at ? ` at ${timeOf(end.at)}` : '';
  return (
    <Notice
      tone="bad"
      title={`This session has ended${when}`}
      innerRef={notice}
      actions={
        <button type="button" class="quiet" onClick={dismissEnd}>
          Dismiss
        </button>
      }
    >
      {explainEnd(end)} The page learned it by itself: nothing was reloaded.
    </Notice>
  );
}
