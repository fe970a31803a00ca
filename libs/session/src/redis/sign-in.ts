import { idleWindowMs } from '../core/expiry.js';
import { applyChanges } from '../core/field-changes.js';
import type { SessionRecord, SignInIntent } from '../core/store.js';
import { handleOf } from '../core/token.js';
import { encodeNotice, FACT_NAMES, LAYOUT_VERSION } from './record.js';

/** The first argument of the script: JSON, in which what is unknown is absent. */
export function signInArguments(intent: SignInIntent, noticeTtlMs: number, maxBytes: number): object {
  const by = { device: intent.device, address: intent.address };
  return {
    version: LAYOUT_VERSION,
    handle: handleOf(intent.id),
    user: intent.userId,
    window: idleWindowMs(intent.timeouts.idleMs),
    idle: intent.timeouts.idleMs,
    absolute: intent.timeouts.absoluteMs,
    persistent: intent.persistent || undefined,
    device: intent.device ?? undefined,
    address: intent.address ?? undefined,
    createdAt: intent.createdAt ?? undefined,
    max: intent.limit.max ?? undefined,
    onExceed: intent.limit.onExceed,
    replaces: intent.replaces ? handleOf(intent.replaces.id) : undefined,
    keepData: intent.replaces?.keepData === true ? true : undefined,
    evictedNotice: encodeNotice({ reason: 'evicted', by }),
    replacedNotice: encodeNotice({ reason: 'replaced' }),
    noticeTtl: noticeTtlMs,
    facts: FACT_NAMES,
    maxBytes,
  };
}

/** The session that the script has made. */
export function signedInRecord(intent: SignInIntent, now: number): SessionRecord {
  return {
    id: intent.id,
    createdAt: intent.createdAt ?? now,
    lastActiveAt: now,
    idleMs: intent.timeouts.idleMs,
    absoluteEndAt: now + intent.timeouts.absoluteMs,
    userId: intent.userId,
    signedInAt: now,
    device: intent.device,
    address: intent.address,
    persistent: intent.persistent,
    rotation: null,
    fields: applyChanges(new Map(), intent.changes),
  };
}
