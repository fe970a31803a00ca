// #region store
import type { SessionId, SessionRecord } from 'nestjs-redis-session';
import { DelegatingStore, type LoadOptions } from 'nestjs-redis-session/core';

/** Counts how often sessions are read from another store. */
export class CountingStore extends DelegatingStore {
  reads = 0;

  override load(id: SessionId, options?: LoadOptions): Promise<SessionRecord | null> {
    this.reads++;
    return super.load(id, options);
  }
}
// #endregion store
