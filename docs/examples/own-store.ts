// #region store
import { MemoryStore, type SessionId, type SessionRecord } from 'nestjs-redis-session';

/** Sessions in memory that count how often they are read. */
export class CountingStore extends MemoryStore {
  reads = 0;

  override load(id: SessionId): Promise<SessionRecord | null> {
    this.reads++;
    return super.load(id);
  }
}
// #endregion store
