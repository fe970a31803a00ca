import { SessionSizeError, SessionUnavailableError } from '../core/errors/errors.js';
import { NO_CHANGES } from '../core/store/field-changes.js';
import type { SignInIntent, SignInOutcome } from '../core/store/store.js';
import { signedInRecord } from '../core/store/store-rules.js';
import type { SessionId } from '../core/record/token.js';
import { handleOf, joinSessionId, shardOf } from '../core/record/token.js';
import { OPERATIONS } from './operations.js';
import {
  decodeRecord,
  decodeSessions,
  encodeFacts,
  encodeNotice,
  type ListedSession,
  pairUp,
  withChanges,
} from './record.js';
import type { StoreContext } from './store-context.js';

type SignInReply =
  | [status: 'signed-in' | 'too-many', now: number, evicted: string[], latestOther?: number]
  | [status: 'again', now: number, handle: string, nonce: string, session: string[]]
  | [status: 'rejected', now: number, live: ListedSession[]]
  | [status: 'too-large', now: number];

/** Signs a user in: by one script, unless so many sessions exceed the limit that they are evicted in several steps. */
export async function runSignIn(context: StoreContext, intent: SignInIntent): Promise<SignInOutcome> {
  const { keys, redis, noticeTtlMs, maxBytes } = context;
  const shard = shardOf(intent.id);
  const names = [
    keys.session(intent.id),
    keys.index(shard, intent.userId),
    keys.sessionsOf(shard),
    keys.goneOf(shard),
  ];
  if (intent.source) names.push(keys.source(shard, intent.source.digest));
  const { device, address } = intent;
  const evictedNotice = encodeNotice({ reason: 'evicted', by: { device, address } });
  const settings = JSON.stringify(signInSettings(intent, noticeTtlMs, maxBytes));
  const args = withChanges([settings, evictedNotice], intent.changes);
  const evicted: SessionId[] = [];
  for (;;) {
    const reply = (await redis.run('sign_in', OPERATIONS.signIn, names, args)) as SignInReply;
    const [status, now] = reply;
    if (status === 'too-large') throw new SessionSizeError(maxBytes, null);
    if (status === 'rejected') return { status, live: decodeSessions(shard, reply[2]) };
    if (status === 'again') {
      const [, , handle, nonce, session] = reply;
      const record = decodeRecord(joinSessionId(shard, handle), pairUp(session));
      if (!record) throw new SessionUnavailableError(OPERATIONS.signIn.operation, 'its session is malformed');
      return { status, record, nonce, evicted };
    }
    for (const handle of reply[2]) evicted.push(joinSessionId(shard, handle));
    if (status === 'signed-in')
      return { status, record: signedInRecord(intent, NO_CHANGES.set, now), evicted, latestOther: reply[3] };
  }
}

/** Returns the first argument of the script, as an object of JSON that leaves out unknown facts. */
function signInSettings(intent: SignInIntent, noticeTtlMs: number, maxBytes: number): object {
  return {
    handle: handleOf(intent.id),
    user: intent.userId,
    idle: intent.timeouts.idleMs,
    absolute: intent.timeouts.absoluteMs,
    facts: encodeFacts(intent),
    device: intent.device ?? undefined,
    address: intent.address ?? undefined,
    createdAt: intent.createdAt ?? undefined,
    signedInAt: intent.signedInAt,
    absoluteEnd: intent.absoluteEndAt,
    max: intent.limit.max ?? undefined,
    onExceed: intent.limit.onExceed,
    replaces: intent.replaces ? handleOf(intent.replaces.id) : undefined,
    keepData: intent.replaces?.keepData === true ? true : undefined,
    noticeTtl: noticeTtlMs,
    maxBytes,
    source: intent.source && { nonce: intent.source.nonce, ttl: intent.source.keptForMs },
  };
}
