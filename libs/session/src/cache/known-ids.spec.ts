import { mintToken, randomShard, type SessionId, sessionIdOf } from '../core/record/token.js';
import { KnownIds } from './known-ids.js';

const ids = (count: number): SessionId[] =>
  Array.from({ length: count }, () => sessionIdOf(mintToken(randomShard())));

const known = (set: KnownIds, all: readonly SessionId[]) => all.filter((id) => set.has(id)).length;

/** Returns the bucket of an id while the table has its first size. */
function bucketOf(id: SessionId): number {
  const set = new KnownIds(1);
  set.add(id);
  const { marks } = set as unknown as { readonly marks: Uint32Array };
  return Math.floor(marks.findIndex((mark) => mark !== 0) / 8);
}

function idsOfOneBucket(count: number): SessionId[] {
  const all = ids(5_000);
  const bucket = bucketOf(all[0] as SessionId);
  return all.filter((id) => bucketOf(id) === bucket).slice(0, count);
}

describe('KnownIds', () => {
  it('holds the ids that were added, until they are deleted', () => {
    const set = new KnownIds(1_000);
    const [one, other] = ids(2) as [SessionId, SessionId];
    expect(set.has(one)).toBe(false);
    set.add(one);
    set.add(other);
    expect([set.has(one), set.has(other)]).toEqual([true, true]);
    set.delete(one);
    set.delete(one);
    expect([set.has(one), set.has(other)]).toEqual([false, true]);
  });

  it('holds every one of a few ids, and nearly all of as many as it is made for', () => {
    const set = new KnownIds(20_000);
    const few = ids(100);
    for (const id of few) set.add(id);
    expect(known(set, few)).toBe(100);
    const many = ids(20_000);
    for (const id of many) set.add(id);
    expect(known(set, many)).toBeGreaterThan(18_000);
  });

  it('knows hardly any id that was not added', () => {
    const set = new KnownIds(20_000);
    for (const id of ids(20_000)) set.add(id);
    expect(known(set, ids(20_000))).toBeLessThan(100);
  });

  it('takes a bounded memory, however many ids are added', () => {
    const set = new KnownIds(5_000);
    const all = ids(30_000);
    for (const id of all) set.add(id);
    expect(known(set, all)).toBeLessThan(10_000);
    expect(known(set, all.slice(-1_000))).toBeGreaterThan(800);
  });

  it('drops the id of a full bucket that was added first', () => {
    const set = new KnownIds(1);
    const [first, second, ...others] = idsOfOneBucket(10) as [SessionId, SessionId, ...SessionId[]];
    for (const id of [first, second, first, ...others.slice(0, 6)]) set.add(id);
    expect(known(set, [first, second])).toBe(2);
    set.add(others[6] as SessionId);
    expect([set.has(first), set.has(second)]).toEqual([false, true]);
    set.delete(second);
    set.add(others[7] as SessionId);
    expect(known(set, others)).toBe(8);
  });
});
