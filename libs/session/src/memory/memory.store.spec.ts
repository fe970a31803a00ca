import type { SessionRecord } from '../core/store/store.js';
import type { SessionId } from '../core/record/token.js';
import { mintToken, randomShard, sessionIdOf } from '../core/record/token.js';
import { MemoryStore } from './memory.store.js';

const IDLE_MS = 1_000;

function stage() {
  let now = Date.UTC(2026, 0, 1);
  const store = new MemoryStore({ noticeTtlMs: 60_000, clock: { now: () => now } });
  const anonymous = (id: SessionId = sessionIdOf(mintToken(randomShard()))): Promise<SessionRecord> =>
    store.create({
      id,
      timeouts: { idleMs: IDLE_MS, absoluteMs: 60_000 },
      persistent: false,
      fields: new Map(),
    });
  return { store, anonymous, advance: (ms: number) => void (now += ms) };
}

describe('the store in memory', () => {
  it('keeps a session for its idle timeout and the unrecorded tenth of it, to the millisecond', async () => {
    const { store, anonymous, advance } = stage();
    const { id } = await anonymous();
    advance(1.1 * IDLE_MS - 1);
    expect(await store.load(id)).not.toBeNull();
    advance(1);
    expect(await store.load(id)).toBeNull();
    await store.close();
  });

  it('counts live sessions and removes ended ones', async () => {
    const { store, anonymous, advance } = stage();
    await anonymous();
    advance(2 * IDLE_MS);
    await anonymous();
    expect(store.size).toBe(1);
    await store.close();
  });

  it('creates a session under the id of an expired one', async () => {
    const { store, anonymous, advance } = stage();
    const { id } = await anonymous();
    advance(2 * IDLE_MS);
    await anonymous(id);
    expect(store.size).toBe(1);
    await store.close();
  });

  it('does not keep the process from ending', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length;
    const before = timers();
    const { store } = stage();
    expect(timers()).toBe(before);
    await store.close();
  });

  it('uses the clock of the machine by default', async () => {
    const store = new MemoryStore();
    expect(Math.abs(store.now() - Date.now())).toBeLessThan(1_000);
    await store.close();
  });
});
