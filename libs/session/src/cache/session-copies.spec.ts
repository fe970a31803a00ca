import { BOUNDS, LONG, Watched } from '../../../../test/cache/support/watched-store.js';
import type { SessionRecord } from '../core/store/store.js';
import { bytesOf } from './entries.js';

const KITE = '["kite"]';
const BOAT = '["boat"]';

let process: Watched;

beforeEach(() => {
  process = new Watched();
});
afterEach(() => process.close());

const reads = () => process.channel?.reads;

describe('a copy', () => {
  it('answers all but the first read', async () => {
    const record = await process.create();
    for (let n = 0; n < 5; n++) expect(await process.store.load(record.id)).toEqual(record);
    expect(reads()).toBe(1);
    expect(process.copies.counts).toMatchObject({ hits: 4, misses: 1, bypasses: 0 });
  });

  it('is told from what was just read', async () => {
    const { id } = await process.create();
    const read = (await process.store.load(id)) as SessionRecord;
    const copy = (await process.store.load(id)) as SessionRecord;
    expect([process.store.isCopy(read), process.store.isCopy(copy)]).toEqual([false, true]);
  });

  it('is not kept of a session that is not there', async () => {
    const record = await process.create();
    await process.shared.destroy(record.id, { reason: 'destroyed' });
    expect(await process.store.load(record.id)).toBeNull();
    expect(await process.store.load(record.id)).toBeNull();
    // What was not seen alive is not read in such a way that the server would watch it.
    expect([reads(), process.copies.size]).toEqual([0, 0]);
  });

  it('is not given to whoever asks for a fresh session', async () => {
    const record = await process.kept();
    await process.change(record, BOAT);
    const fresh = await process.store.load(record.id, { fresh: true });
    expect(fresh?.fields.get('cart')).toBe(BOAT);
    expect(process.store.isCopy(fresh as SessionRecord)).toBe(false);
  });

  it('is dropped when a change is told', async () => {
    const record = await process.kept();
    await process.change(record, BOAT);
    expect(await process.cart(record)).toBe(KITE);
    process.copies.invalidate(record.id);
    expect(await process.cart(record)).toBe(BOAT);
    expect(process.copies.counts.invalidations).toBe(1);
  });
});

describe('a read that is overtaken', () => {
  it('by the news of a change leaves no copy', async () => {
    const record = await process.create();
    const gate = process.channel?.hold();
    const reading = process.cart(record);
    await gate?.arrived;
    await process.change(record, BOAT);
    process.copies.invalidate(record.id);
    gate?.open();
    expect(await reading).toBe(KITE); // it was asked before
    expect(await process.cart(record)).toBe(BOAT);
  });

  it('by a write of this process leaves no copy', async () => {
    const record = await process.create();
    const gate = process.channel?.hold();
    const reading = process.cart(record);
    await gate?.arrived;
    await process.store.commit(record, { set: new Map([['cart', BOAT]]), remove: [] });
    gate?.open();
    await reading;
    expect(await process.cart(record)).toBe(BOAT);
  });

  it('by the loss of everything leaves no copy', async () => {
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

  it('by the end of its channel leaves no copy', async () => {
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

  it('does not keep others from leaving theirs', async () => {
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

describe('a channel in doubt', () => {
  it('makes every read ask the store', async () => {
    const record = await process.kept();
    await process.change(record, BOAT);
    (process.channel as { isSilent: boolean }).isSilent = true;
    expect(await process.cart(record)).toBe(BOAT);
    process.channel = null;
    expect(await process.cart(record)).toBe(BOAT);
    expect(process.copies.counts).toMatchObject({ hits: 0, bypasses: 2 });
  });

  it('takes what was read through it along', async () => {
    const record = await process.kept();
    await process.change(record, BOAT);
    process.reopen();
    expect(await process.cart(record)).toBe(BOAT);
    expect(process.copies.counts.flushes).toBe(1);
  });

  it('leaves what was read through another', async () => {
    const before = process.channel;
    const record = await process.kept();
    process.channel = null;
    process.copies.flush({ ...before } as never);
    process.channel = before;
    await process.cart(record);
    expect(process.copies.counts.hits).toBe(1);
  });

  it('does not stand in the way of a read that fails on it', async () => {
    const record = await process.create();
    const gate = process.channel?.hold();
    gate?.fail();
    expect(await process.cart(record)).toBe(KITE);
    expect(process.copies.counts).toMatchObject({ misses: 1, bypasses: 1 });
    expect(process.copies.size).toBe(0);
  });

  it('signs nobody out: what is not found is asked of the store', async () => {
    const record = await process.create();
    (process.channel as { read: unknown }).read = () => Promise.resolve(null);
    expect(await process.cart(record)).toBe(KITE);
  });
});

describe('a copy and the clocks', () => {
  it('does not outlive its session', async () => {
    process.livesForMs = 5_000;
    const record = await process.kept();
    process.clock.advance(4_999);
    await process.cart(record);
    expect(process.copies.counts.hits).toBe(1);
    process.clock.advance(1);
    await process.cart(record);
    expect(process.copies.counts).toMatchObject({ hits: 1, misses: 2 });
  });

  it('counts its life from the question, not from the answer', async () => {
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

  it('is none of a session without a lifetime', async () => {
    process.livesForMs = -1;
    const record = await process.kept();
    await process.cart(record);
    expect(process.copies.counts.hits).toBe(0);
  });
});

describe('the bounds', () => {
  it('keep so many sessions and drop the one that was used longest ago', async () => {
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

  it('keep so many bytes', async () => {
    const size = bytesOf(await process.create({ text: 'x'.repeat(10_000) }));
    expect(size).toBeGreaterThan(10_000);
    expect(bytesOf(await process.create({ text: '界'.repeat(10_000) }))).toBe(size + 10_000);
    await process.close();
    process = new Watched({ ...BOUNDS, maxBytes: 3 * size });
    for (let n = 0; n < 10; n++) {
      await process.kept({ text: 'x'.repeat(10_000) });
      expect(process.copies.bytes).toBe(Math.min(n + 1, 3) * size);
    }
    expect(process.copies.size).toBe(3);
  });

  it('keep nothing of a session that alone is too large, and give it all the same', async () => {
    await process.close();
    process = new Watched({ ...BOUNDS, maxBytes: 16_384 });
    const small = await process.kept();
    const large = await process.kept({ cart: 'x'.repeat(16_384) });
    expect(await process.cart(large)).toHaveLength(16_384);
    expect(process.copies.size).toBe(1);
    await process.cart(small);
    expect(process.copies.counts.hits).toBe(1);
  });

  it('count down when copies go', async () => {
    const records = [await process.kept(), await process.kept()];
    process.copies.forget(records.map(({ id }) => id));
    expect([process.copies.size, process.copies.bytes]).toEqual([0, 0]);
    await process.kept();
    process.copies.flush(process.channel as never);
    expect([process.copies.size, process.copies.bytes]).toEqual([0, 0]);
  });
});

it('the sessions of the tests live longer than the tests look', () => {
  expect(LONG.idleMs).toBeGreaterThan(5_000);
});
