import { BOUNDS, LONG, type ManualChannel, Watched } from '../../../../test/cache/support/watched-store.js';
import type { SessionRecord } from '../core/store/store.js';
import { memoryBytesOf } from './session-lru.js';

const KITE = '["kite"]';
const BOAT = '["boat"]';

let process: Watched;

beforeEach(() => {
  process = new Watched();
});
afterEach(() => process.close());

const reads = () => process.channel?.reads;

describe('the copy of a session', () => {
  it('a copy serves all reads but the first', async () => {
    const record = await process.create();
    for (let n = 0; n < 5; n++) expect(await process.store.load(record.id)).toEqual(record);
    expect(reads()).toBe(1);
    expect(process.copies.counts).toMatchObject({ hits: 4, misses: 1, bypasses: 0 });
  });

  it('a copy can be told apart from a record that was read from the store', async () => {
    const { id } = await process.create();
    const read = (await process.store.load(id)) as SessionRecord;
    const copy = (await process.store.load(id)) as SessionRecord;
    expect([process.store.isCopy(read), process.store.isCopy(copy)]).toEqual([false, true]);
  });

  it('peek() returns a valid copy and reads nothing', async () => {
    const record = await process.create();
    expect(process.store.peek(record.id)).toBeNull();
    await process.store.load(record.id);
    expect(process.store.peek(record.id)).toEqual(record);
    expect(reads()).toBe(1);
    expect(process.copies.counts).toMatchObject({ hits: 1, misses: 1 });
    process.clock.advance(LONG.idleMs);
    expect(process.store.peek(record.id)).toBeNull();
  });

  it('peek() returns no copy while the coherence of its channel is in doubt, or after a change', async () => {
    const record = await process.kept();
    (process.channel as ManualChannel).isSilent = true;
    expect(process.store.peek(record.id)).toBeNull();
    (process.channel as ManualChannel).isSilent = false;
    expect(process.store.peek(record.id)).not.toBeNull();
    process.copies.invalidate(record.id);
    expect(process.store.peek(record.id)).toBeNull();
  });

  it('an absent session leaves no copy and is not tracked', async () => {
    const record = await process.create();
    await process.shared.destroy(record.id, { reason: 'destroyed' });
    expect(await process.store.load(record.id)).toBeNull();
    expect(await process.store.load(record.id)).toBeNull();
    // A session that this process has not seen alive is not read over the tracked connection.
    expect([reads(), process.copies.size]).toEqual([0, 0]);
  });

  it('a fresh read goes past the copy', async () => {
    const record = await process.kept();
    await process.change(record, BOAT);
    const fresh = await process.store.load(record.id, { fresh: true });
    expect(fresh?.fields.get('cart')).toBe(BOAT);
    expect(process.store.isCopy(fresh as SessionRecord)).toBe(false);
  });

  it('an invalidation drops the copy', async () => {
    const record = await process.kept();
    await process.change(record, BOAT);
    expect(await process.cart(record)).toBe(KITE);
    process.copies.invalidate(record.id);
    expect(await process.cart(record)).toBe(BOAT);
    expect(process.copies.counts.invalidations).toBe(1);
  });
});

describe('a read in progress', () => {
  it('a read leaves no copy if an invalidation arrives before its reply', async () => {
    const record = await process.create();
    const gate = process.channel?.hold();
    const reading = process.cart(record);
    await gate?.arrived;
    await process.change(record, BOAT);
    process.copies.invalidate(record.id);
    gate?.open();
    expect(await reading).toBe(KITE); // Redis answered before the change
    expect(await process.cart(record)).toBe(BOAT);
  });

  it('a read leaves no copy if this process writes meanwhile', async () => {
    const record = await process.create();
    const gate = process.channel?.hold();
    const reading = process.cart(record);
    await gate?.arrived;
    await process.store.commit(record, { set: new Map([['cart', BOAT]]), remove: [] });
    gate?.open();
    await reading;
    expect(await process.cart(record)).toBe(BOAT);
  });

  it('a read leaves no copy if its channel is flushed meanwhile', async () => {
    const record = await process.create();
    const gate = process.channel?.hold();
    const reading = process.cart(record);
    await gate?.arrived;
    await process.change(record, BOAT);
    process.copies.flush(process.channel as never);
    gate?.open();
    await reading;
    expect(await process.cart(record)).toBe(BOAT);
  });

  it('a read leaves no copy if another channel replaces its channel meanwhile', async () => {
    const record = await process.create();
    const gate = process.channel?.hold();
    const reading = process.cart(record);
    await gate?.arrived;
    await process.change(record, BOAT);
    process.reopen();
    gate?.open();
    await reading;
    expect(await process.cart(record)).toBe(BOAT);
  });

  it('an invalidation affects the read of its own session only', async () => {
    const [one, other] = [await process.create(), await process.create()];
    const gates = [process.channel?.hold(), process.channel?.hold()];
    const reading = [process.cart(one), process.cart(other)];
    for (const gate of gates) await gate?.arrived;
    process.copies.invalidate(one.id);
    for (const gate of gates) gate?.open();
    await Promise.all(reading);
    expect(process.copies.size).toBe(1);
  });
});

describe('a channel', () => {
  it('a channel that is not coherent makes every read query the store', async () => {
    const record = await process.kept();
    await process.change(record, BOAT);
    (process.channel as { isSilent: boolean }).isSilent = true;
    expect(await process.cart(record)).toBe(BOAT);
    process.channel = null;
    expect(await process.cart(record)).toBe(BOAT);
    expect(process.copies.counts).toMatchObject({ hits: 0, bypasses: 2 });
  });

  it('the copies that were read through a channel are dropped with it', async () => {
    const record = await process.kept();
    await process.change(record, BOAT);
    process.reopen();
    expect(await process.cart(record)).toBe(BOAT);
    expect(process.copies.counts.flushes).toBe(1);
  });

  it('the flush of one channel keeps the copies that were read through another', async () => {
    const before = process.channel;
    const record = await process.kept();
    process.channel = null;
    process.copies.flush({ ...before } as never);
    process.channel = before;
    await process.cart(record);
    expect(process.copies.counts.hits).toBe(1);
  });

  it('a read that fails on a channel falls back to the store', async () => {
    const record = await process.create();
    const gate = process.channel?.hold();
    gate?.fail();
    expect(await process.cart(record)).toBe(KITE);
    expect(process.copies.counts).toMatchObject({ misses: 1, bypasses: 1 });
    expect(process.copies.size).toBe(0);
  });

  it('a session that a channel does not find is loaded from the store, so that its user stays signed in', async () => {
    const record = await process.create();
    (process.channel as { read: unknown }).read = () => Promise.resolve(null);
    expect(await process.cart(record)).toBe(KITE);
  });
});

describe('the lifetime of a copy', () => {
  it('a copy expires with its session', async () => {
    process.livesForMs = 5_000;
    const record = await process.kept();
    process.clock.advance(4_999);
    await process.cart(record);
    expect(process.copies.counts.hits).toBe(1);
    process.clock.advance(1);
    await process.cart(record);
    expect(process.copies.counts).toMatchObject({ hits: 1, misses: 2 });
  });

  it('the lifetime of a copy begins with the request, not with the reply', async () => {
    process.livesForMs = 5_000;
    const record = await process.create();
    const gate = process.channel?.hold();
    const reading = process.cart(record);
    await gate?.arrived;
    process.clock.advance(3_000);
    gate?.open();
    await reading;
    process.clock.advance(2_000);
    await process.cart(record);
    expect(process.copies.counts.hits).toBe(0);
  });

  it('a session without remaining lifetime leaves no valid copy', async () => {
    process.livesForMs = -1;
    const record = await process.kept();
    await process.cart(record);
    expect(process.copies.counts.hits).toBe(0);
  });
});

describe('the limits of the cache', () => {
  it('a new copy above the maximum number evicts the least recently used one', async () => {
    await process.close();
    process = new Watched({ ...BOUNDS, maxEntries: 3 });
    const records = [await process.kept(), await process.kept(), await process.kept()];
    const [first, second, third] = records as [SessionRecord, SessionRecord, SessionRecord];
    await process.cart(first);
    const fourth = await process.kept();
    const before = process.copies.counts.misses;
    for (const record of [first, third, fourth]) await process.cart(record);
    expect([process.copies.size, process.copies.counts.misses - before]).toEqual([3, 0]);
    await process.cart(second);
    expect(process.copies.counts.misses - before).toBe(1);
  });

  it('the copies take at most the maximum number of bytes', async () => {
    const size = memoryBytesOf(await process.create({ text: 'x'.repeat(10_000) }));
    expect(size).toBeGreaterThan(10_000);
    expect(memoryBytesOf(await process.create({ text: '界'.repeat(10_000) }))).toBe(size + 10_000);
    await process.close();
    process = new Watched({ ...BOUNDS, maxBytes: 3 * size });
    for (let n = 0; n < 10; n++) {
      await process.kept({ text: 'x'.repeat(10_000) });
      expect(process.copies.bytes).toBe(Math.min(n + 1, 3) * size);
    }
    expect(process.copies.size).toBe(3);
  });

  it('a session above the maximum number of bytes is returned without a copy', async () => {
    await process.close();
    process = new Watched({ ...BOUNDS, maxBytes: 16_384 });
    const small = await process.kept();
    const large = await process.kept({ cart: 'x'.repeat(16_384) });
    expect(await process.cart(large)).toHaveLength(16_384);
    expect(process.copies.size).toBe(1);
    await process.cart(small);
    expect(process.copies.counts.hits).toBe(1);
  });

  it('dropped copies reduce the number of sessions and bytes', async () => {
    const records = [await process.kept(), await process.kept()];
    process.copies.drop(records.map(({ id }) => id));
    expect([process.copies.size, process.copies.bytes]).toEqual([0, 0]);
    await process.kept();
    process.copies.flush(process.channel as never);
    expect([process.copies.size, process.copies.bytes]).toEqual([0, 0]);
  });
});

it('the sessions of these tests outlive the time that the tests advance', () => {
  expect(LONG.idleMs).toBeGreaterThan(5_000);
});
