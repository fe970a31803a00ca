import type { Cluster, Redis } from 'ioredis';
import { handleOf, shardOf } from '../core/record/token.js';
import { withDeadline } from './deadline.js';
import type { StoredKey, StoredSession } from './inspection.js';
import { RedisKeys } from './keys.js';
import { toStoreError } from './redis-error.js';
import { runScript } from './scripts.js';
import type { IoredisClient } from './target.js';

/** Settings of {@link restoreExpiry}. */
export interface RepairSettings {
  /** The option `prefix` of the module. */
  readonly prefix: string;
  /** The lifetime of an end notice that never expires, in milliseconds. */
  readonly noticeTtlMs: number;
  /**
   * The time within which Redis must reply, in milliseconds.
   *
   * @defaultValue 5000
   */
  readonly deadlineMs?: number;
}

const DEADLINE_MS = 5_000;

/**
 * Gives a key of the module that never expires its expiry: that of a session's timeouts, of the last session of an index, or
 * the lifetime of a notice. A key that should have expired before is deleted. Does not extend a session.
 *
 * @returns false if there is no such key, or if it holds a session that this version cannot read
 * @throws SessionUnavailableError if Redis does not reply in time
 */
export async function restoreExpiry(
  client: IoredisClient,
  item: StoredSession | StoredKey,
  { prefix, noticeTtlMs, deadlineMs = DEADLINE_MS }: RepairSettings,
): Promise<boolean> {
  const keys = new RedisKeys(prefix);
  const [names, handle] = 'name' in item ? [[item.name], ''] : [keysOf(keys, item), handleOf(item.id)];
  try {
    const reply = runScript(client as Redis | Cluster, 'restore_expiry', names, [handle, noticeTtlMs]);
    return (await withDeadline(reply, deadlineMs)) !== 0;
  } catch (error) {
    throw toStoreError('restore the expiry of a key', error);
  }
}

function keysOf(keys: RedisKeys, { id, record }: StoredSession): string[] {
  const session = keys.session(id);
  return record?.userId ? [session, keys.index(shardOf(id), record.userId)] : [session];
}
